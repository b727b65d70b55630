// What Gradio cannot be told from Python: a skip link, the announcement of results, German accessible names, Enter and Ctrl+Enter.
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

  // Gradio's own messages (a file too large, the server gone) come in English.
  const SENTENCES = [
    [/^Error$/, "Fehler"], [/^Warning$/, "Warnung"], [/^Info$/, "Hinweis"],
    [/^File\(s\) exceed the maximum allowed size of ([\d.]+) .b: (.*)$/s, "Die Datei ist zu groß: $2"],
    [/^(Connection errored out|Connection to the server was lost|Could not connect).*$/s, "Die Verbindung zum Server ist unterbrochen."],
  ];
  const speakGerman = (root) => {
    const toast = root.nodeType === Node.ELEMENT_NODE && (root.closest(".toast-wrap") || root.querySelector(".toast-wrap"));
    if (!toast) return;
    const walker = document.createTreeWalker(toast, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      for (const [english, german] of SENTENCES) {
        if (english.test(text.data.trim())) text.data = text.data.trim().replace(english, german);
      }
    }
  };

  const announce = (status) => {
    const waiting = [...document.querySelectorAll(".gradio-container [data-ansage]:not([data-gesagt])")];
    const sentence = waiting.map((found) => found.dataset.ansage).join(" ");
    const answer = waiting.at(-1) || document.querySelector("#antwort .leer:not([data-gesagt])");
    if (!answer) return;
    [answer, ...waiting].forEach((said) => (said.dataset.gesagt = "ja"));
    document.querySelector("#antwort")?.classList.remove("wartet");
    answer.querySelectorAll(".text").forEach((text) => {
      const mark = text.querySelector("mark");
      if (mark) text.scrollTop = Math.max(0, mark.offsetTop - text.offsetTop - text.clientHeight / 3);
    });
    if (sentence) reveal(document.querySelector("#gespraech .turn:last-child") || answer);
    if (sentence || spoken) status.textContent = sentence;
    spoken = sentence;
  };

  // On a narrow screen the answer stands below the form: bring it into sight.
  const reveal = (answer) => {
    if (answer.getBoundingClientRect().top < window.innerHeight * 0.75) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    answer.scrollIntoView({ block: answer.matches(".turn") ? "nearest" : "start", behavior: calm ? "auto" : "smooth" });
  };

  const wait = (status) => {
    const answer = document.querySelector("#antwort");
    if (!answer) return;
    answer.classList.add("wartet");
    status.textContent = "Die Ziele werden gesucht.";
  };

  // A goal named in the address is opened once the catalogue is there.
  let target = "";
  try {
    target = decodeURIComponent(location.hash.slice(1));
  } catch {} // no address of ours
  const openTarget = () => {
    const found = target.startsWith("ziel-") && document.getElementById(target);
    if (!found) return;
    target = "";
    found.open = true;
    found.querySelector("summary").focus();
    found.scrollIntoView({ block: "start" });
  };

  // The goal that an address opens stands in a long list: roll the list, not the page.
  const rolled = new WeakSet();
  const showChosen = () => {
    if (!new URLSearchParams(location.search).has("ziel")) return;
    const list = document.querySelector(".zielwahl .wrap:has(label)");
    const chosen = list?.querySelector("input:checked")?.closest("label");
    if (!chosen || rolled.has(list)) return;
    rolled.add(list);
    list.scrollTop = chosen.offsetTop - list.offsetTop - (list.clientHeight - chosen.offsetHeight) / 2;
  };

  const name = () => {
    const heading = document.getElementById("inhalt");
    const title = heading ? `${heading.textContent} – ISEK-Zielfinder` : document.title;
    if (document.title !== title) document.title = title;
  };

  // A sign-in ends after a while. What was typed stays: signing in again happens in another window.
  const ask = window.fetch;
  window.fetch = async (...given) => {
    const answer = await ask(...given);
    const told = document.getElementById("abgelaufen");
    if (answer.status !== 401) {
      if (answer.ok) told?.remove();
    } else if (!told) {
      const notice = place("div", { className: "abgelaufen", id: "abgelaufen" }, document.body);
      notice.setAttribute("role", "alert");
      notice.append("Ihre Anmeldung ist abgelaufen. Bitte ");
      place("a", { href: "./anmelden", target: "_blank", textContent: "in einem neuen Fenster anmelden" }, notice);
      notice.append(" und es dann hier noch einmal versuchen; was Sie eingegeben haben, bleibt stehen.");
    }
    return answer;
  };

  // In a conversation the Enter key alone sends, as people know it from others; not where it ends a word being composed.
  const sendsAlone = (event) =>
    document.getElementById("gespraech") && event.target.closest("#text") && !event.shiftKey && !event.altKey && !event.isComposing;

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
      const alone = event.key === "Enter" && sendsAlone(event);
      if (event.key !== "Enter" || !(alone || event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (!alone || event.target.value.trim()) document.getElementById("finden")?.click();
    });
    // Gradio takes Shift+Enter for a submission and swallows the new line.
    document.addEventListener("keypress", (event) => {
      if (event.key === "Enter" && event.shiftKey) event.stopImmediatePropagation();
    }, true);
    document.addEventListener("click", (event) => {
      if (document.getElementById("gespraech")) return;
      if (event.target.closest("#finden, .beispiele button")) wait(status);
    }, true);
    new MutationObserver((changes) => {
      changes.forEach((change) => change.addedNodes.forEach((added) => (translate(added), speakGerman(added))));
      announce(status);
      openTarget();
      showChosen();
      name();
    }).observe(document.documentElement, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["data-ansage"] });
    translate(document.body);
  };
  document.body ? start() : document.addEventListener("DOMContentLoaded", start);
})();
