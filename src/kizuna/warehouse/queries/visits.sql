-- Visits that began in a period (from, to], as far as they had come by its end: gaps under 30 minutes join pages of
-- one visitor key (model, section 2). Pages of the half hour before tell which visits were already under way.
-- given: from_us to_us
-- gives: customer_id BIGINT, visitor_id BIGINT, first_us BIGINT, last_us BIGINT, pages BIGINT
WITH page AS (
  SELECT visitor_customer_id AS customer_id, visitor_id, ts_us, ev_id,
    CASE WHEN ts_us - LAG(ts_us, 1, -1) OVER (PARTITION BY visitor_id ORDER BY ts_us, ev_id) >= 1800000000
      THEN 1 ELSE 0 END AS opens
  FROM event
  WHERE is_page = 1 AND visitor_id <> 0 AND ts_us > :from_us - 1800000000 AND ts_us <= :to_us
),
numbered AS (
  SELECT customer_id, visitor_id, ts_us,
    SUM(opens) OVER (PARTITION BY visitor_id ORDER BY ts_us, ev_id ROWS UNBOUNDED PRECEDING) AS visit
  FROM page
)
SELECT MIN(customer_id) AS customer_id, visitor_id, MIN(ts_us) AS first_us, MAX(ts_us) AS last_us, CAST(COUNT(*) AS BIGINT) AS pages
FROM numbered
GROUP BY visitor_id, visit
HAVING MIN(ts_us) > :from_us
ORDER BY visitor_id, first_us
