// What Gradio cannot be told from Python: a skip link, the announcement of results, German accessible names, Ctrl+Enter.
(() => {
  const NAMES = {
    "More tabs": "Weitere Reiter", "Reset to default value": "Zurücksetzen", "Copy table data": "Tabelle kopieren",
    "Fullscreen": "Vollbild", "Clear": "Leeren", "Copy": "Kopieren", "Close": "Schließen", "Upload": "Hochladen",
    "Remove": "Entfernen", "Download": "Herunterladen", "Cancel": "Abbrechen", "Submit": "Absenden", "Stop": "Anhalten",
    "Dismiss": "Schließen", "Copy to clipboard": "Kopieren", "Expand": "Ausklappen", "Collapse": "Einklappen",
    "Click to upload or drop files": "Datei wählen oder hier ablegen",
  };
  let spoken = "";

  const place = (tag, values, parent, first) => {
    const made = Object.assign(document.createElement(tag), values);
    first ? parent.prepend(made) : parent.append(made);
    return made;
  };

  const translate = (root) => {
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    for (const found of [root, ...root.querySelectorAll("[aria-label], [title]")]) {
      for (const name of ["aria-label", "title"]) {
        const german = NAMES[found.getAttribute(name)];
        if (german) found.setAttribute(name, german);
      }
    }
  };

  const announce = (status) => {
    const found = document.querySelector("#antwort [data-ansage], #meldung [data-ansage]");
    const sentence = found ? found.dataset.ansage : "";
    const answer = found || document.querySelector("#antwort .leer");
    if (!answer || answer.dataset.gesagt) return;
    answer.dataset.gesagt = "ja";
    document.querySelector("#antwort")?.classList.remove("wartet");
    if (sentence || spoken) status.textContent = sentence;
    spoken = sentence;
  };

  const wait = (status) => {
    const answer = document.querySelector("#antwort");
    if (!answer) return;
    answer.classList.add("wartet");
    answer.querySelectorAll("[data-gesagt]").forEach((found) => delete found.dataset.gesagt);
    status.textContent = "Die Ziele werden gesucht.";
  };

  const start = () => {
    document.documentElement.lang = "de";
    const status = place("div", { className: "nur-gesprochen", id: "ansage" }, document.body);
    status.setAttribute("role", "status");
    const skip = place("a", { className: "sprung", href: "#inhalt", textContent: "Zum Inhalt springen" }, document.body, true);
    skip.addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById("inhalt")?.focus();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) document.getElementById("finden")?.click();
    });
    document.addEventListener("click", (event) => {
      if (event.target.closest("#finden, .beispiele button")) wait(status);
    }, true);
    new MutationObserver((changes) => {
      changes.forEach((change) => change.addedNodes.forEach(translate));
      announce(status);
    }).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["data-ansage"] });
    translate(document.body);
  };
  document.body ? start() : document.addEventListener("DOMContentLoaded", start);
})();
