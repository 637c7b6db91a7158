-- How often customers passed from state to state in whole steps of a period, after a message in the step or none.
-- state = 10 * recency + frequency: recency = whole steps since the last purchase, 5 for more; frequency = purchases
-- so far: 1, 2, 3 (three to five), 4 (six or more). action 1: the shop wrote or called in the step. At most 1000 steps.
-- given: step_us from_us to_us
-- gives: state BIGINT, action BIGINT, next_state BIGINT, count BIGINT
WITH digit AS (
  SELECT 0 AS d UNION ALL SELECT 1 AS d UNION ALL SELECT 2 AS d UNION ALL SELECT 3 AS d UNION ALL SELECT 4 AS d
  UNION ALL SELECT 5 AS d UNION ALL SELECT 6 AS d UNION ALL SELECT 7 AS d UNION ALL SELECT 8 AS d
  UNION ALL SELECT 9 AS d
),
step AS (
  SELECT 100 * a.d + 10 * b.d + c.d + 1 AS n
  FROM digit AS a
  CROSS JOIN digit AS b
  CROSS JOIN digit AS c
  WHERE (100 * a.d + 10 * b.d + c.d + 1) * :step_us <= :to_us - :from_us
  UNION ALL
  SELECT 0 AS n
),
moment AS (
  SELECT customer_id, ts_us, is_purchase,
    CASE WHEN name IN ('Email Sent', 'Letter Sent', 'Fax Sent', 'Phone Call Made') AND direction = 2
      THEN 1 ELSE 0 END AS message,
    CASE WHEN ts_us > :from_us THEN ts_us - :from_us - 1 ELSE -1 END AS since_us
  FROM event
  WHERE ts_us <= :to_us
    AND (is_purchase = 1 OR name IN ('Email Sent', 'Letter Sent', 'Fax Sent', 'Phone Call Made'))
),
dated AS (
  SELECT customer_id, is_purchase, message, CASE WHEN is_purchase = 1 THEN ts_us ELSE -1 END AS bought_us,
    CASE WHEN since_us < 0 THEN 0 ELSE CAST((since_us - since_us % :step_us) / :step_us AS BIGINT) + 1 END AS n
  FROM moment
),
happened AS (
  SELECT customer_id, n, SUM(is_purchase) AS purchases, MAX(message) AS action, MAX(bought_us) AS last_us
  FROM dated
  GROUP BY customer_id, n
),
buyer AS (
  SELECT customer_id, MIN(n) AS first_n
  FROM happened
  WHERE purchases > 0
  GROUP BY customer_id
),
panel AS (
  SELECT b.customer_id AS customer_id, s.n AS n
  FROM buyer AS b
  CROSS JOIN step AS s
  WHERE s.n >= b.first_n
),
told AS (
  SELECT p.customer_id AS customer_id, p.n AS n, COALESCE(h.purchases, 0) AS purchases,
    COALESCE(h.action, 0) AS action, COALESCE(h.last_us, -1) AS last_us
  FROM panel AS p
  LEFT JOIN happened AS h ON h.customer_id = p.customer_id AND h.n = p.n
),
summed AS (
  SELECT customer_id, n, action,
    SUM(purchases) OVER (PARTITION BY customer_id ORDER BY n ROWS UNBOUNDED PRECEDING) AS purchases,
    :from_us + n * :step_us
      - MAX(last_us) OVER (PARTITION BY customer_id ORDER BY n ROWS UNBOUNDED PRECEDING) AS quiet_us
  FROM told
),
classed AS (
  SELECT customer_id, n, action,
    CASE WHEN purchases >= 6 THEN 4 WHEN purchases >= 3 THEN 3 ELSE purchases END
      + 10 * CASE WHEN quiet_us >= 5 * :step_us THEN 5
        ELSE CAST((quiet_us - quiet_us % :step_us) / :step_us AS BIGINT) END AS state
  FROM summed
),
paired AS (
  SELECT action, CAST(state AS BIGINT) AS next_state,
    LAG(CAST(state AS BIGINT), 1, CAST(-1 AS BIGINT)) OVER (PARTITION BY customer_id ORDER BY n) AS state
  FROM classed
)
SELECT state, CAST(action AS BIGINT) AS action, next_state, CAST(COUNT(*) AS BIGINT) AS count
FROM paired
WHERE state >= 0
GROUP BY state, action, next_state
ORDER BY state, action, next_state
