-- Percentiles by nearest rank, exact: order values (minor units) and the time between purchases of one customer
-- (microseconds) of the purchases of a period (from, to]. measure: 'gap_us' or 'order_minor'.
-- given: from_us to_us
-- gives: measure TEXT, percent BIGINT, amount BIGINT, cases BIGINT
WITH bought AS (
  SELECT ev_id, ts_us, revenue_minor,
    ts_us - LAG(ts_us, 1, -1) OVER (PARTITION BY customer_id ORDER BY ts_us, ev_id) AS gap_us,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ts_us, ev_id) AS turn
  FROM event
  WHERE kind = 1 AND is_purchase = 1 AND ts_us <= :to_us
),
measured AS (
  SELECT 'order_minor' AS measure, ev_id, revenue_minor AS amount
  FROM bought
  WHERE ts_us > :from_us
  UNION ALL
  SELECT 'gap_us' AS measure, ev_id, gap_us AS amount
  FROM bought
  WHERE ts_us > :from_us AND turn > 1
),
placed AS (
  SELECT measure, amount, ROW_NUMBER() OVER (PARTITION BY measure ORDER BY amount, ev_id) AS place
  FROM measured
),
total AS (
  SELECT measure, COUNT(*) AS cases
  FROM measured
  GROUP BY measure
),
asked AS (
  SELECT 1 AS percent UNION ALL SELECT 5 AS percent UNION ALL SELECT 10 AS percent UNION ALL SELECT 25 AS percent
  UNION ALL SELECT 50 AS percent UNION ALL SELECT 75 AS percent UNION ALL SELECT 90 AS percent
  UNION ALL SELECT 95 AS percent UNION ALL SELECT 99 AS percent
),
wanted AS (
  SELECT t.measure AS measure, a.percent AS percent, t.cases AS cases, a.percent * t.cases + 99 AS raised
  FROM total AS t
  CROSS JOIN asked AS a
)
SELECT w.measure AS measure, CAST(w.percent AS BIGINT) AS percent, p.amount AS amount, w.cases AS cases
FROM wanted AS w
JOIN placed AS p ON p.measure = w.measure AND p.place = CAST((w.raised - w.raised % 100) / 100 AS BIGINT)
ORDER BY measure, percent
