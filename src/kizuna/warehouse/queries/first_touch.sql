-- Where each customer came from first: the source of the earliest thing known of them that names one.
-- Customers of whom nothing names a source are left out.
-- given:
-- gives: customer_id BIGINT, source TEXT
WITH touch AS (
  SELECT customer_id, source, CAST(ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ts_us, ev_id) AS BIGINT) AS place
  FROM event
  WHERE source <> ''
)
SELECT customer_id, source
FROM touch
WHERE place = 1
ORDER BY customer_id
