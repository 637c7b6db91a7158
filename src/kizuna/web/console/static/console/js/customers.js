// The customer list: keeps the export link and the view to keep in step with what the filters show.
const follow = () => {
  const query = document.querySelector("table[data-query]")?.dataset.query ?? location.search.slice(1);
  const link = document.getElementById("export");
  if (link) link.search = query;
  for (const field of document.querySelectorAll("[data-current-query]")) field.value = query;
};
document.addEventListener("htmx:afterSettle", follow);
