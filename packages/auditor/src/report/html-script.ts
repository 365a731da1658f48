/**
 * Script of the HTML report: shows the filter and filters. Without it everything is there to read.
 * @module
 */

export const SCRIPT: string = `
(() => {
  const tools = document.querySelector(".tools");
  if (tools === null) return;
  const search = tools.querySelector('input[type="search"]');
  const severity = tools.querySelector("select");
  const verdicts = [...tools.querySelectorAll('input[type="checkbox"]')];
  const count = tools.querySelector("output");
  const items = [...document.querySelectorAll("[data-verdict]")].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
  }));
  const groups = [...document.querySelectorAll("[data-group]")];
  const apply = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const chosen = new Set(verdicts.filter((box) => box.checked).map((box) => box.value));
    const least = severity.selectedIndex;
    const ranks = [...severity.options].map((option) => option.value);
    for (const { element, text } of items) {
      const rank = ranks.indexOf(element.dataset.severity);
      const fits =
        chosen.has(element.dataset.verdict) &&
        (least === 0 || rank >= least) &&
        words.every((word) => text.includes(word));
      element.hidden = !fits;
    }
    for (const group of groups) {
      const has = group.querySelector("[data-verdict]:not([hidden])") !== null;
      group.querySelector(".empty").hidden = has;
    }
    const rows = items.filter(({ element }) => element.matches("tr"));
    const shown = rows.filter(({ element }) => !element.hidden).length;
    count.textContent = shown + " of " + rows.length + " controls";
  };
  const openAt = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const details = target && target.closest("details");
    if (details) details.open = true;
  };
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });
  addEventListener("hashchange", openAt);
  tools.addEventListener("input", apply);
  tools.hidden = false;
  apply();
  openAt();
})();
`;
