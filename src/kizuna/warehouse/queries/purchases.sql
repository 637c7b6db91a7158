-- The customer-days: what each customer bought and gave back on each day of the shop, for models of purchasing.
-- orders counts purchases, so a day of refunds alone has none; money is net of that day's refunds.
-- given: until_us
-- gives: customer_id BIGINT, day BIGINT, orders BIGINT, revenue_minor BIGINT, profit_minor BIGINT
SELECT customer_id, day, CAST(SUM(is_purchase) AS BIGINT) AS orders,
  CAST(SUM(revenue_minor) AS BIGINT) AS revenue_minor, CAST(SUM(profit_minor) AS BIGINT) AS profit_minor
FROM event
WHERE kind > 0 AND ts_us <= :until_us
GROUP BY customer_id, day
ORDER BY customer_id, day
