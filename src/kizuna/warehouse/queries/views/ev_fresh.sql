-- Sealed rows that nothing replaced: a changed order or refund is said anew by the tail.
-- needs: ev_sealed stale
-- else: ev_sealed
SELECT
  ev_id, kind, identity_id, customer_id, visitor_id, visitor_customer_id, ts_us, day, month, name, channel,
  direction, about, is_page, counts_email, is_purchase, source, country, revenue_minor, profit_minor
FROM ev_sealed
WHERE ev_id NOT IN (SELECT ev_id FROM stale)
