-- Facts, orders and refunds under today's customers: an identity that moved brings all it ever did.
-- needs: moved
-- else: ev_kept
SELECT
  k.ev_id, k.kind, k.identity_id, COALESCE(o.customer_id, k.customer_id) AS customer_id, k.visitor_id,
  COALESCE(v.customer_id, k.visitor_customer_id) AS visitor_customer_id, k.ts_us, k.day, k.month, k.name, k.channel,
  k.direction, k.about, k.is_page, k.counts_email, k.is_purchase, k.source, k.country, k.revenue_minor, k.profit_minor
FROM ev_kept AS k
LEFT JOIN moved AS o ON o.identity_id = k.identity_id
LEFT JOIN moved AS v ON v.identity_id = k.visitor_id
