-- Net profit over a period (from, to] of everybody placed by its end: any order or refund ever (model, section 2).
-- given: from_us to_us
-- gives: customer_id BIGINT, net_profit_minor BIGINT
SELECT customer_id, CAST(SUM(CASE WHEN ts_us > :from_us THEN profit_minor ELSE 0 END) AS BIGINT) AS net_profit_minor
FROM event
WHERE kind > 0 AND ts_us <= :to_us
GROUP BY customer_id
ORDER BY customer_id
