-- Last purchase and the five sums S = sum w * 2^((t - L) / h) of F, M, V and E per customer (model, section 2).
-- A visit counts at its first page. Only 180 and 365 days need a power: 90, 60 and 30 are powers of the first.
-- given: as_of_us landmark_us
-- gives: customer_id BIGINT, last_purchase_us BIGINT
-- gives: f30 DOUBLE, f60 DOUBLE, f90 DOUBLE, f180 DOUBLE, f365 DOUBLE
-- gives: m30 DOUBLE, m60 DOUBLE, m90 DOUBLE, m180 DOUBLE, m365 DOUBLE
-- gives: v30 DOUBLE, v60 DOUBLE, v90 DOUBLE, v180 DOUBLE, v365 DOUBLE
-- gives: e30 DOUBLE, e60 DOUBLE, e90 DOUBLE, e180 DOUBLE, e365 DOUBLE
WITH page AS (
  SELECT visitor_customer_id AS customer_id, ts_us,
    ts_us - LAG(ts_us, 1, -1) OVER (PARTITION BY visitor_id ORDER BY ts_us, ev_id) AS pause_us
  FROM event
  WHERE is_page = 1 AND visitor_id <> 0 AND ts_us <= :as_of_us
),
counted AS (
  SELECT customer_id, ts_us, 0 AS f, 0 AS m, 1 AS v, 0 AS e
  FROM page
  WHERE pause_us >= 1800000000
  UNION ALL
  SELECT customer_id, ts_us, is_purchase AS f, revenue_minor AS m, 0 AS v, counts_email AS e
  FROM event
  WHERE (kind > 0 OR counts_email = 1) AND ts_us <= :as_of_us
),
grown AS (
  SELECT customer_id, ts_us, f, m, v, e,
    POWER(2, EXP(0) * (ts_us - :landmark_us) / 1.5552e13) AS g180,
    POWER(2, EXP(0) * (ts_us - :landmark_us) / 3.1536e13) AS g365
  FROM counted
),
weighed AS (
  SELECT customer_id, ts_us, f, m, v, e, g180 * g180 * g180 * g180 * g180 * g180 AS g30, g180 * g180 * g180 AS g60,
    g180 * g180 AS g90, g180, g365
  FROM grown
)
SELECT customer_id,
  MAX(CASE WHEN f = 1 THEN ts_us ELSE -9223372036854775807 - 1 END) AS last_purchase_us,
  SUM(f * g30) AS f30, SUM(f * g60) AS f60, SUM(f * g90) AS f90, SUM(f * g180) AS f180, SUM(f * g365) AS f365,
  SUM(m * g30) AS m30, SUM(m * g60) AS m60, SUM(m * g90) AS m90, SUM(m * g180) AS m180, SUM(m * g365) AS m365,
  SUM(v * g30) AS v30, SUM(v * g60) AS v60, SUM(v * g90) AS v90, SUM(v * g180) AS v180, SUM(v * g365) AS v365,
  SUM(e * g30) AS e30, SUM(e * g60) AS e60, SUM(e * g90) AS e90, SUM(e * g180) AS e180, SUM(e * g365) AS e365
FROM weighed
GROUP BY customer_id
ORDER BY customer_id
