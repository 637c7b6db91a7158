-- Nothing of an erased identity, neither as whose fact it is nor as the visitor key of a page.
-- needs: gone
-- else: ev_both
SELECT
  ev_id, kind, identity_id, customer_id, visitor_id, visitor_customer_id, ts_us, day, month, name, channel,
  direction, about, is_page, counts_email, is_purchase, source, country, revenue_minor, profit_minor
FROM ev_both
WHERE identity_id NOT IN (SELECT identity_id FROM gone)
  AND visitor_id NOT IN (SELECT identity_id FROM gone)
