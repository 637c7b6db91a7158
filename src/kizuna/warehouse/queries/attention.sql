-- Attention in a period (from, to]: pages seen, clicks, and time between pages, each pause counted up to a cap; a
-- pause of 30 minutes or more ends the visit and counts nothing, like the time after the last page.
-- given: cap_us from_us to_us
-- gives: customer_id BIGINT, pages BIGINT, clicks BIGINT, dwell_us BIGINT
WITH page AS (
  SELECT visitor_customer_id AS customer_id,
    LEAD(ts_us, 1, -1) OVER (PARTITION BY visitor_id ORDER BY ts_us, ev_id) - ts_us AS pause_us
  FROM event
  WHERE is_page = 1 AND visitor_id <> 0 AND ts_us > :from_us AND ts_us <= :to_us
),
paid AS (
  SELECT customer_id, 1 AS pages, 0 AS clicks,
    CASE WHEN pause_us < 0 OR pause_us >= 1800000000 THEN 0 WHEN pause_us > :cap_us THEN :cap_us ELSE pause_us END
      AS dwell_us
  FROM page
  UNION ALL
  SELECT customer_id, 0 AS pages, 1 AS clicks, 0 AS dwell_us
  FROM event
  WHERE name IN ('Product Clicked', 'Promotion Clicked', 'Email Link Clicked') AND ts_us > :from_us AND ts_us <= :to_us
)
SELECT customer_id, CAST(SUM(pages) AS BIGINT) AS pages, CAST(SUM(clicks) AS BIGINT) AS clicks,
  CAST(SUM(dwell_us) AS BIGINT) AS dwell_us
FROM paid
GROUP BY customer_id
ORDER BY customer_id
