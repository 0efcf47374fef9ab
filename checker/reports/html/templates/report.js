"use strict";
(() => {
  // Opens all closed parts that an element is in.
  const reveal = (element) => {
    for (let each = element.closest("details"); each; each = each.parentElement.closest("details")) {
      each.open = true;
    }
  };
  const form = document.getElementById("filter");
  if (form) {
    const findings = Array.from(document.querySelectorAll(".finding"), (element) => ({
      element,
      severity: element.dataset.severity,
      text: element.textContent.toLowerCase(),
    }));
    const boxes = Array.from(form.querySelectorAll("input[type=checkbox]"));
    const input = document.getElementById("filter-text");
    const count = document.getElementById("filter-count");
    const update = () => {
      const severities = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { element, severity, text } of findings) {
        const matches = severities.has(severity) && words.every((word) => text.includes(word));
        element.hidden = !matches;
        shown += matches ? 1 : 0;
        if (matches && words.length) reveal(element.parentElement);
      }
      count.textContent = shown === findings.length ? "" : `${shown} of ${findings.length} shown`;
    };
    form.addEventListener("input", update);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    update();
  }
  // What is closed is printed as well, and closed again afterwards.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    for (const details of opened) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
  // A link to something in a closed part opens it.
  const open = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target) reveal(target.querySelector("summary") || target);
  };
  window.addEventListener("hashchange", open);
  open();
})();
