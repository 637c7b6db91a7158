-- What is sealed and what has happened since.
-- needs: ev_tail
-- else: ev_fresh
SELECT
  ev_id, kind, identity_id, customer_id, visitor_id, visitor_customer_id, ts_us, day, month, name, channel,
  direction, about, is_page, counts_email, is_purchase, source, country, revenue_minor, profit_minor
FROM ev_fresh
UNION ALL
SELECT
  ev_id, kind, identity_id, customer_id, visitor_id, visitor_customer_id, ts_us, day, month, name, channel,
  direction, about, is_page, counts_email, is_purchase, source, country, revenue_minor, profit_minor
FROM ev_tail
