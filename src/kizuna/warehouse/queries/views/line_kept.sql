-- Nothing of an erased identity.
-- needs: gone
-- else: line_both
SELECT
  line_id, ev_id, identity_id, customer_id, ts_us, day, month, sku, quantity_e4, revenue_minor, profit_minor
FROM line_both
WHERE identity_id NOT IN (SELECT identity_id FROM gone)
