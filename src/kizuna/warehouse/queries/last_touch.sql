-- Last-touch attribution: purchases of a period (from, to] by the source their customer last came from, within a
-- window before the purchase (its own source too); '' where there was none. Money is the orders' own.
-- given: window_us from_us to_us
-- gives: source TEXT, orders BIGINT, revenue_minor BIGINT, profit_minor BIGINT
WITH step AS (
  SELECT customer_id, ts_us, ev_id, source, 0 AS is_order, 0 AS revenue_minor, 0 AS profit_minor
  FROM event
  WHERE source <> '' AND ts_us >= :from_us - :window_us AND ts_us <= :to_us
  UNION ALL
  SELECT customer_id, ts_us, ev_id, '' AS source, 1 AS is_order, revenue_minor, profit_minor
  FROM event
  WHERE kind = 1 AND is_purchase = 1 AND ts_us > :from_us AND ts_us <= :to_us
),
numbered AS (
  SELECT customer_id, ts_us, source, is_order, revenue_minor, profit_minor,
    SUM(1 - is_order) OVER (PARTITION BY customer_id ORDER BY ts_us, is_order, ev_id ROWS UNBOUNDED PRECEDING) AS touch
  FROM step
),
traced AS (
  SELECT o.revenue_minor AS revenue_minor, o.profit_minor AS profit_minor, COALESCE(t.source, '') AS source,
    o.ts_us - COALESCE(t.ts_us, o.ts_us) AS age_us
  FROM numbered AS o
  LEFT JOIN (SELECT customer_id, touch, source, ts_us FROM numbered WHERE is_order = 0) AS t
    ON t.customer_id = o.customer_id AND t.touch = o.touch
  WHERE o.is_order = 1
),
credited AS (
  SELECT CASE WHEN age_us <= :window_us THEN source ELSE '' END AS source, revenue_minor, profit_minor
  FROM traced
)
SELECT source, CAST(COUNT(*) AS BIGINT) AS orders, CAST(SUM(revenue_minor) AS BIGINT) AS revenue_minor,
  CAST(SUM(profit_minor) AS BIGINT) AS profit_minor
FROM credited
GROUP BY source
ORDER BY source
