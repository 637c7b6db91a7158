-- The finest grain of the cube: per day, channel, category and customer what was bought, given back, visited, written.
-- A purchase has one row per category of its lines, all with its ev_id, so that orders can be counted; any other row has
-- ev_id 0. What belongs to no product has category ''. A visit counts on the day of its first page (gaps under 30
-- minutes join pages of one visitor key); a message is what one side wrote to the other, not a machine's receipt.
-- given:
-- gives: day BIGINT, channel BIGINT, category TEXT, customer_id BIGINT, ev_id BIGINT, revenue_minor BIGINT, profit_minor BIGINT, visits BIGINT, messages_in BIGINT, messages_out BIGINT
WITH line AS (
  SELECT l.ev_id AS ev_id, COALESCE(p.category, '') AS category, SUM(l.revenue_minor) AS revenue_minor,
    SUM(l.profit_minor) AS profit_minor
  FROM order_line AS l
  LEFT JOIN product AS p ON p.sku = l.sku
  GROUP BY l.ev_id, COALESCE(p.category, '')
),
page AS (
  SELECT day, visitor_customer_id AS customer_id, ts_us,
    LAG(ts_us, 1, -1) OVER (PARTITION BY visitor_id ORDER BY ts_us, ev_id) AS before_us
  FROM event
  WHERE is_page = 1 AND visitor_id <> 0
),
part AS (
  SELECT e.day AS day, e.channel AS channel, l.category AS category, e.customer_id AS customer_id,
    CASE WHEN e.is_purchase = 1 THEN e.ev_id ELSE 0 END AS ev_id, l.revenue_minor AS revenue_minor,
    l.profit_minor AS profit_minor, 0 AS visits, 0 AS messages_in, 0 AS messages_out
  FROM event AS e
  JOIN line AS l ON l.ev_id = e.ev_id
  WHERE e.kind = 1
  UNION ALL
  SELECT e.day, e.channel, '' AS category, e.customer_id, CASE WHEN e.is_purchase = 1 THEN e.ev_id ELSE 0 END AS ev_id,
    e.revenue_minor, e.profit_minor, 0 AS visits, 0 AS messages_in, 0 AS messages_out
  FROM event AS e
  WHERE e.kind > 0 AND e.ev_id NOT IN (SELECT ev_id FROM line)
  UNION ALL
  SELECT day, 1 AS channel, '' AS category, customer_id, 0 AS ev_id, 0 AS revenue_minor, 0 AS profit_minor, 1 AS visits,
    0 AS messages_in, 0 AS messages_out
  FROM page
  WHERE before_us = -1 OR ts_us - before_us >= 1800000000
  UNION ALL
  SELECT day, channel, '' AS category, customer_id, 0 AS ev_id, 0 AS revenue_minor, 0 AS profit_minor, 0 AS visits,
    CASE WHEN direction = 1 THEN 1 ELSE 0 END AS messages_in, CASE WHEN direction = 2 THEN 1 ELSE 0 END AS messages_out
  FROM event
  WHERE kind = 0 AND channel <> 1 AND about <> 1 AND name NOT IN ('Email Delivered', 'Email Bounced')
)
SELECT day, channel, category, customer_id, ev_id, CAST(SUM(revenue_minor) AS BIGINT) AS revenue_minor,
  CAST(SUM(profit_minor) AS BIGINT) AS profit_minor, CAST(SUM(visits) AS BIGINT) AS visits,
  CAST(SUM(messages_in) AS BIGINT) AS messages_in, CAST(SUM(messages_out) AS BIGINT) AS messages_out
FROM part
GROUP BY day, channel, category, customer_id, ev_id
ORDER BY customer_id, day, ev_id, channel, category
