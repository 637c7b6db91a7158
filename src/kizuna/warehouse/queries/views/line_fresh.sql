-- Sealed rows that nothing replaced: a changed order or refund is said anew by the tail.
-- needs: line_sealed stale
-- else: line_sealed
SELECT
  line_id, ev_id, identity_id, customer_id, ts_us, day, month, sku, quantity_e4, revenue_minor, profit_minor
FROM line_sealed
WHERE ev_id NOT IN (SELECT ev_id FROM stale)
