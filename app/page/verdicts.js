// What staff tick on the page: gathered for the server, summed up for the eye; the search for further goals; copy and print.
(() => {
  const NAMES = { accepted: "angenommen", added: "ergänzt", rejected: "abgelehnt" };
  const EVERY = "Zum Speichern braucht jeder Vorschlag ein Urteil; was offen bliebe, zählte beim Messen der Qualität als unpassend.";
  const answer = () => document.querySelector("#antwort .antwort");
  const goals = () => [...document.querySelectorAll("#antwort [data-ziel]")];
  const verdict = (goal) => goal.querySelector("[data-urteil]:checked")?.dataset.urteil || "";
  const make = (tag, values, ...children) => {
    const made = Object.assign(document.createElement(tag), values);
    made.append(...children);
    return made;
  };

  // Gradio reads a field of its own when it is told that somebody typed into it.
  const type = (field, value) => {
    if (!field || field.value === value) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const field = (id) => document.querySelector(`#${id} :is(textarea, input)`);

  const kept = () => goals().filter((goal) => ["accepted", "added"].includes(verdict(goal)));
  const primary = () => {
    const area = kept().filter((goal) => goal.dataset.bereich);
    const wanted = document.getElementById("ausgewaehlt")?.dataset.hauptziel;
    return (area.find((goal) => goal.dataset.ziel === wanted) || area[0])?.dataset.ziel || "";
  };
  const hand = () => {
    if (!answer()) return;
    const judged = {};
    for (const goal of goals()) {
      if (verdict(goal)) judged[goal.dataset.ziel] = [verdict(goal), goal.querySelector("[data-grund]").value];
    }
    const none = document.getElementById("kein-ziel")?.checked || false;
    type(field("urteile"), JSON.stringify({ goals: judged, primary: primary(), none }));
  };

  // The summary: what is kept (with the choice of the primary goal where there are several), what is still open.
  const sum = () => {
    const box = document.getElementById("ausgewaehlt");
    if (!box) return;
    const none = document.getElementById("kein-ziel").checked;
    const several = kept().filter((goal) => goal.dataset.bereich).length > 1;
    const focused = document.activeElement?.dataset?.haupt;
    const rows = kept().map((goal) => row(goal, several));
    const open = none ? [] : goals().filter((goal) => goal.matches("fieldset") && !verdict(goal)).map((goal) => goal.dataset.ziel);
    const told = [];
    if (none) told.push("Kein Ziel passt.");
    else if (!rows.length) told.push("Noch kein Ziel angenommen.");
    if (open.length) told.push(`Noch offen: ${open.join(", ")}. ${EVERY}`);
    box.replaceChildren(...(rows.length ? [list(rows, several)] : []), make("p", { className: "leise", textContent: told.join(" ") }));
    if (focused) box.querySelector(`[data-haupt="${CSS.escape(focused)}"]`)?.focus();
  };
  const list = (rows, several) => {
    if (!several) return make("ul", {}, ...rows);
    const legend = make("legend", { textContent: "Welches ist das Hauptziel?" });
    return make("fieldset", {}, legend, make("ul", {}, ...rows));
  };
  const row = (goal, several) => {
    const identity = goal.dataset.ziel;
    const name = make("span", {}, make("b", { textContent: identity }), ` ${goal.dataset.titel} `);
    name.append(make("span", { className: "leise", textContent: NAMES[verdict(goal)] }));
    if (!several || !goal.dataset.bereich) return make("li", {}, name);
    const radio = make("input", { type: "radio", name: "hauptziel", checked: identity === primary() });
    radio.dataset.haupt = identity;
    return make("li", {}, make("label", {}, radio, name));
  };

  const set = (goal, wanted) => {
    const found = goal.querySelector(`[data-urteil="${wanted}"]`);
    if (found) found.checked = true;
  };
  const none = (ticked) => {
    if (!ticked) return;
    for (const goal of goals()) {
      set(goal, "rejected");
      const box = goal.querySelector('[data-urteil="added"]');
      if (box) box.checked = false;
    }
  };

  const search = (words) => {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const entry of document.querySelectorAll("#antwort [data-suche]")) {
      entry.hidden = !wanted.every((word) => entry.dataset.suche.includes(word));
      found += !entry.hidden;
    }
    for (const group of document.querySelectorAll("#antwort .uebrige > div")) {
      group.hidden = !group.querySelector("[data-suche]:not([hidden])");
    }
    const told = !wanted.length ? "" : found === 1 ? "Ein weiteres Ziel gefunden." : found ? `${found} weitere Ziele gefunden.` : "Kein weiteres Ziel gefunden.";
    document.getElementById("ziel-suche-stand").textContent = told;
  };

  const copy = async (button) => {
    const text = document.getElementById(button.dataset.kopie);
    let done = false;
    try {
      await navigator.clipboard.writeText(text.textContent); // only on encrypted or local addresses
      done = true;
    } catch {
      getSelection().selectAllChildren(text);
      done = document.execCommand("copy");
    }
    const told = button.parentElement.querySelector("[data-kopiert]");
    told.textContent = done ? "Der Text ist kopiert." : "Der Text ist markiert; bitte mit Strg+C kopieren.";
  };

  // Nothing is stored before it is saved: whoever leaves with verdicts or fields unsaved is asked by the browser.
  let judged = false, written = false;
  const oneOfMany = () => !document.getElementById("text"); // a row of a table: closed, it is left behind
  const judges = () => goals().some(verdict) || Boolean(document.getElementById("kein-ziel")?.checked);
  const unsaved = () => {
    if (document.querySelector("#speichern:disabled")) return false; // may look, not save
    return (judged || written) && (!oneOfMany() || Boolean(answer()?.offsetParent));
  };
  addEventListener("beforeunload", (event) => {
    if (!unsaved()) return;
    event.preventDefault();
    event.returnValue = true; // what older browsers ask for
  });

  // The same holds within the page, where the next row takes the place of one that is not saved.
  const LEAVING = "#weiter, #zurueck, #liste, #durchsehen, #eintragen, #fortsetzen, #zuordnen, :is(#auswahl, #sicherheit, #bereiche) input";
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.(LEAVING) || !oneOfMany() || !unsaved()) return;
    if (confirm("Die Urteile zu diesem Projekt sind noch nicht gespeichert. Trotzdem weitergehen?")) return;
    event.stopImmediatePropagation();
    event.preventDefault();
  }, true);

  // Why saving was refused is past once a verdict changes; asked again, the same refusal must be seen again.
  const refusal = (seen) => {
    const told = document.querySelector("#speichern-meldung .fehler");
    if (told) told.style.display = seen ? "" : "none";
  };

  document.addEventListener("change", (event) => {
    const changed = event.target;
    if (!changed.closest?.("#antwort")) return;
    judged = true;
    refusal(false);
    if (changed.id === "kein-ziel") none(changed.checked);
    if (changed.dataset.haupt) document.getElementById("ausgewaehlt").dataset.hauptziel = changed.dataset.haupt;
    if (["accepted", "added"].includes(changed.dataset.urteil) && changed.checked) document.getElementById("kein-ziel").checked = false;
    sum();
    hand();
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "ziel-suche") return search(event.target.value);
    if (event.target.closest?.("#antwort")) {
      judged = true;
      hand();
    }
    if (event.target.closest?.("#entscheidung")) written = true;
    if (event.target.closest?.("#text")) document.getElementById("antwort")?.classList.add("alt");
  });
  document.addEventListener("click", (event) => {
    const clicked = event.target.closest?.("button, a");
    if (!clicked) return;
    if (clicked.id === "speichern") refusal(true);
    if (["leeren", "naechstes"].includes(clicked.id)) {
      history.replaceState(null, "", location.pathname); // no longer the project of the address
      judged = written = false;
    }
    if (clicked.id === "finden") document.getElementById("antwort")?.classList.remove("alt");
    if (clicked.dataset.alle) {
      judged = true;
      goals().filter((goal) => goal.matches("fieldset") && (clicked.dataset.alle === "accepted" || !verdict(goal)))
        .forEach((goal) => set(goal, clicked.dataset.alle));
      if (clicked.dataset.alle === "accepted") document.getElementById("kein-ziel").checked = false;
      sum();
      hand();
    }
    if (clicked.dataset.fuellt) {
      type(field(clicked.dataset.fuellt), clicked.textContent);
      field(clicked.dataset.fuellt)?.focus();
    }
    if (clicked.dataset.kopie) copy(clicked);
    if ("drucken" in clicked.dataset) print();
  });
  // One decision is opened on the same page, with an address of its own and the way back that browsers know.
  const open = (number) => type(field("gewaehlt"), number);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-nr]");
    if (!link || !field("gewaehlt") || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    open(link.dataset.nr);
    scrollTo(0, 0);
  });
  addEventListener("popstate", () => open(new URLSearchParams(location.search).get("nr") || ""));

  document.addEventListener("keydown", (event) => {
    const inForm = event.target.closest?.("#entscheidung, #antwort .urteil, #antwort .ergaenzung, #antwort .auswahl");
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !inForm) return;
    event.stopPropagation(); // elsewhere it asks for the goals
    document.querySelector("#speichern")?.click();
  }, true);

  // Whoever asks by keyboard goes on from the answer, not through all the controls before it.
  let asked = false;
  document.addEventListener("keydown", (event) => {
    asked = event.key === "Enter" && (event.ctrlKey || event.metaKey) && Boolean(event.target.closest?.("#text"));
  });
  const goOn = (fresh) => {
    const heading = fresh.querySelector("h2");
    if (!asked || !heading || !document.activeElement?.closest("#text")) return;
    asked = false;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  };

  const start = () => {
    new MutationObserver(() => {
      const fresh = answer();
      if (fresh && !fresh.dataset.gezeigt && fresh.querySelector("#ausgewaehlt")) {
        fresh.dataset.gezeigt = "ja";
        goOn(fresh);
        document.getElementById("antwort").classList.remove("alt");
        judged &&= judges() && !oneOfMany(); // another row begins unjudged
        sum();
        hand();
      }
      const saved = document.querySelector("[data-gesichert]");
      if (saved) {
        delete saved.dataset.gesichert;
        judged = written = false;
      }
      const told = document.querySelector("[data-fokus]");
      if (told) {
        delete told.dataset.fokus;
        told.focus();
      }
      const file = document.querySelector("[data-laden]");
      if (file) {
        const wanted = file.dataset.laden;
        delete file.dataset.laden;
        setTimeout(() => document.querySelector(`#${wanted}`)?.click(), 50); // Gradio needs a moment to hang the file on
      }
    }).observe(document.documentElement, { childList: true, subtree: true });
  };
  start();
})();
