-- Nothing of an erased identity; a page of somebody else keeps its place without an erased visitor key.
-- needs: gone
-- else: ev_both
SELECT
  b.ev_id, b.kind, b.identity_id, b.customer_id, CASE WHEN v.identity_id IS NULL THEN b.visitor_id ELSE 0 END AS visitor_id,
  CASE WHEN v.identity_id IS NULL THEN b.visitor_customer_id ELSE 0 END AS visitor_customer_id, b.ts_us, b.day, b.month,
  b.name, b.channel, b.direction, b.about, b.is_page, b.counts_email, b.is_purchase, b.source, b.country,
  b.revenue_minor, b.profit_minor
FROM ev_both AS b
LEFT JOIN gone AS v ON v.identity_id = b.visitor_id
WHERE b.identity_id NOT IN (SELECT identity_id FROM gone)
