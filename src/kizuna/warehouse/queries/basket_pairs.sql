-- What is bought together: pairs of products that stand in at least so many orders, the first below the second.
-- A product counts once an order, and only where some of it was bought.
-- given: least
-- gives: sku_a TEXT, sku_b TEXT, orders BIGINT
WITH item AS (
  SELECT ev_id, sku
  FROM order_line
  WHERE sku <> '' AND quantity_e4 > 0
  GROUP BY ev_id, sku
)
SELECT a.sku AS sku_a, b.sku AS sku_b, CAST(COUNT(*) AS BIGINT) AS orders
FROM item AS a
JOIN item AS b ON b.ev_id = a.ev_id
WHERE a.sku < b.sku
GROUP BY a.sku, b.sku
HAVING COUNT(*) >= :least
ORDER BY sku_a, sku_b
