-- Order lines under today's customers.
-- needs: moved
-- else: line_kept
SELECT
  k.line_id, k.ev_id, k.identity_id, COALESCE(o.customer_id, k.customer_id) AS customer_id, k.ts_us, k.day, k.month,
  k.sku, k.quantity_e4, k.revenue_minor, k.profit_minor
FROM line_kept AS k
LEFT JOIN moved AS o ON o.identity_id = k.identity_id
