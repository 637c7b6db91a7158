-- Cohorts by month of first purchase: how many of them bought again in each later month, and what they brought.
-- customers: size of the cohort. active: who purchased in the month. Refunds count negative at their own month.
-- given:
-- gives: cohort_month BIGINT, month BIGINT, customers BIGINT, active BIGINT, revenue_minor BIGINT
WITH bought AS (
  SELECT customer_id, month, MAX(is_purchase) AS active, SUM(revenue_minor) AS revenue_minor
  FROM event
  WHERE kind > 0
  GROUP BY customer_id, month
),
first_month AS (
  SELECT customer_id, MIN(month) AS cohort_month
  FROM bought
  WHERE active = 1
  GROUP BY customer_id
),
size AS (
  SELECT cohort_month, CAST(COUNT(*) AS BIGINT) AS customers
  FROM first_month
  GROUP BY cohort_month
)
SELECT f.cohort_month AS cohort_month, b.month AS month, MIN(s.customers) AS customers,
  CAST(SUM(b.active) AS BIGINT) AS active, CAST(SUM(b.revenue_minor) AS BIGINT) AS revenue_minor
FROM bought AS b
JOIN first_month AS f ON f.customer_id = b.customer_id
JOIN size AS s ON s.cohort_month = f.cohort_month
WHERE b.month >= f.cohort_month
GROUP BY f.cohort_month, b.month
ORDER BY cohort_month, month
