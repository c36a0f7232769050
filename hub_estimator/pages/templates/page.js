// Shows the mistakes of one true class.
const filter = document.getElementById("class-filter");
if (filter) {
  filter.addEventListener("change", () => {
    let shown = 0;
    for (const card of document.querySelectorAll("#mistakes .card")) {
      card.hidden = filter.value !== "" && card.dataset.place !== filter.value;
      shown += card.hidden ? 0 : 1;
    }
    document.getElementById("shown").textContent = shown + " shown";
  });
}
