-- Percentiles by nearest rank, exact: order values (minor units) and the time between purchases of one customer
-- (microseconds) of the purchases of a period (from, to]. measure: 'gap_us' or 'order_minor'.
-- given: from_us to_us
-- gives: measure TEXT, percent BIGINT, amount BIGINT, cases BIGINT
WITH bought AS (
  SELECT ev_id, ts_us, revenue_minor,
    ts_us - LAG(ts_us, 1, -1) OVER (PARTITION BY customer_id ORDER BY ts_us, ev_id) AS gap_us,
    CAST(ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ts_us, ev_id) AS BIGINT) AS turn
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
  SELECT measure, amount, CAST(ROW_NUMBER() OVER (PARTITION BY measure ORDER BY amount, ev_id) AS BIGINT) AS place
  FROM measured
),
total AS (
  SELECT measure, CAST(COUNT(*) AS BIGINT) AS cases
  FROM measured
  GROUP BY measure
),
asked AS (
  SELECT 1 AS percent UNION ALL SELECT 5 AS percent UNION ALL SELECT 10 AS percent UNION ALL SELECT 25 AS percent
  UNION ALL SELECT 50 AS percent UNION ALL SELECT 75 AS percent UNION ALL SELECT 90 AS percent
  UNION ALL SELECT 95 AS percent UNION ALL SELECT 99 AS percent
),
raised AS (
  SELECT t.measure AS measure, a.percent AS percent, t.cases AS cases, a.percent * t.cases + 99 AS hundredths
  FROM total AS t
  CROSS JOIN asked AS a
),
wanted AS (
  SELECT measure, percent, cases, CAST((hundredths - hundredths % 100) / 100 AS BIGINT) AS place
  FROM raised
)
SELECT w.measure AS measure, CAST(w.percent AS BIGINT) AS percent, p.amount AS amount, w.cases AS cases
FROM wanted AS w
JOIN placed AS p ON p.measure = w.measure AND p.place = w.place
ORDER BY measure, percent
