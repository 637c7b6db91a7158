-- What is sealed and what has happened since.
-- needs: line_tail
-- else: line_fresh
SELECT
  line_id, ev_id, identity_id, customer_id, ts_us, day, month, sku, quantity_e4, revenue_minor, profit_minor
FROM line_fresh
UNION ALL
SELECT
  line_id, ev_id, identity_id, customer_id, ts_us, day, month, sku, quantity_e4, revenue_minor, profit_minor
FROM line_tail
