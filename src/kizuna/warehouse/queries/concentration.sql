-- Who holds the sales of a period (from, to]: every customer with an order or refund in it, the largest first.
-- held_minor: what this one and all before hold together, counting nobody below zero (for Lorenz and Pareto curves).
-- given: from_us to_us
-- gives: customer_id BIGINT, revenue_minor BIGINT, profit_minor BIGINT, place BIGINT, held_minor BIGINT
WITH sold AS (
  SELECT customer_id, CAST(SUM(revenue_minor) AS BIGINT) AS revenue_minor,
    CAST(SUM(profit_minor) AS BIGINT) AS profit_minor
  FROM event
  WHERE kind > 0 AND ts_us > :from_us AND ts_us <= :to_us
  GROUP BY customer_id
)
SELECT customer_id, revenue_minor, profit_minor,
  CAST(ROW_NUMBER() OVER (ORDER BY revenue_minor DESC, customer_id) AS BIGINT) AS place,
  CAST(SUM(CASE WHEN revenue_minor > 0 THEN revenue_minor ELSE 0 END)
    OVER (ORDER BY revenue_minor DESC, customer_id ROWS UNBOUNDED PRECEDING) AS BIGINT) AS held_minor
FROM sold
ORDER BY place
