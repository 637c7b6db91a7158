// The explore page: dates chosen by hand win over a named span, and what is kept is what is shown.
document.addEventListener(
  "change",
  ({ target }) => {
    if (["from", "to"].includes(target.name) && target.form?.id === "question") target.form.elements.span.value = "";
  },
  true,
);
document.addEventListener("htmx:afterSettle", () => {
  const query = document.querySelector("#answer [data-query]")?.dataset.query;
  if (query === undefined) return;
  for (const field of document.querySelectorAll("[data-current-query]")) field.value = query;
});
