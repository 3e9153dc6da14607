extension MatrixPage {
    /// Marks that do not rely on color.
    static let icons = """
        <svg width="0" height="0" style="position:absolute" aria-hidden="true">
        <symbol id="lock" viewBox="0 0 16 16"><path fill="currentColor" d="M4.5 7V5a3.5 3.5 0 0 1 7 0v2H13v8H3V7zm1.6 0h3.8V5a1.9 1.9 0 0 0-3.8 0z"/></symbol>
        <symbol id="shield" viewBox="0 0 16 16"><path fill="currentColor" d="M8 .8 14 3v4.6c0 3.5-2.4 6.2-6 7.6-3.6-1.4-6-4.1-6-7.6V3z"/></symbol>
        <symbol id="bell" viewBox="0 0 16 16"><path fill="currentColor" d="M8 1a4.5 4.5 0 0 1 4.5 4.5V9l1.5 2.500H2L3.500 9V5.5A4.5 4.5 0 0 1 8 1zM6 12.7h4a2 2 0 0 1-4 0z"/></symbol>
        </svg>
        """

    static let style = """

        :root { color-scheme: light dark; --page: #f6f6f3; --card: #fff; --text: #1c2127; --dim: #565f6b;
          --line: #dcdfe3; --band: #eef0ee; --now: #14532d; --now-text: #fff; --may: #dff3e6; --may-line: #2f7d4f;
          --could: #fff3d3; --could-line: #8f6b12; --accent: #14532d; }
        @media (prefers-color-scheme: dark) { :root { --page: #12151a; --card: #191d24; --text: #e8ebef;
          --dim: #a7b0bd; --line: #303742; --band: #20252d; --now: #86e0a8; --now-text: #08210f; --may: #17392a;
          --may-line: #58ab7f; --could: #3b3012; --could-line: #c9a23a; --accent: #86e0a8; } }
        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        body { margin: 0 auto; max-width: 80rem; padding: 2.5rem 1.5rem 4rem; background: var(--page);
          color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
        h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; }
        h2 { font-size: 1.35rem; margin: 2.5rem 0 0; }
        h2 + p { margin: 0 0 .75rem; color: var(--dim); }
        .lead { overflow-wrap: anywhere; max-width: 52rem; margin: 0 0 1.25rem; font-size: 1.05rem; }
        code { font: .8rem/1.4 ui-monospace, monospace; color: var(--dim); overflow-wrap: anywhere; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: 0; padding: .75rem 1rem;
          background: var(--card); border: 1px solid var(--line); border-radius: .6rem; color: var(--dim); font-size: .9rem; }
        .value { display: inline-block; padding: .05rem .6rem; margin: .1rem 0; border-radius: 1rem; font-size: .9rem;
          border: 1.5px solid transparent; color: var(--text); }
        .value.now { background: var(--now); border-color: var(--now); color: var(--now-text); font-weight: 600; }
        .value.may { background: var(--may); border-color: var(--may-line); }
        .value.could { background: var(--could); border: 1.5px dashed var(--could-line); }
        .value.out { color: var(--dim); border: 1.5px dotted var(--line); }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        #filter { display: flex; flex-wrap: wrap; gap: .75rem 1.25rem; align-items: center; margin: 1rem 0 0; }
        #filter input[type=search] { flex: 1 1 14rem; max-width: 22rem; padding: .45rem .75rem; font: inherit; color: var(--text);
          background: var(--card); border: 1px solid var(--dim); border-radius: .5rem; }
        fieldset { display: flex; flex-wrap: wrap; gap: .35rem; margin: 0; padding: 0; border: 0; }
        fieldset legend { float: left; padding: .2rem .4rem .2rem 0; color: var(--dim); font-size: .85rem; }
        fieldset label { padding: .2rem .65rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--card);
          font-size: .85rem; cursor: pointer; }
        fieldset label:has(:checked) { background: var(--text); border-color: var(--text); color: var(--page); }
        fieldset label:has(:focus-visible), :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        fieldset input { position: absolute; opacity: 0; pointer-events: none; }
        #filter output { color: var(--dim); font-size: .85rem; }
        table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--card);
          border: 1px solid var(--line); border-radius: .6rem; }
        th, td { text-align: left; vertical-align: top; padding: .7rem .9rem; border-top: 1px solid var(--line); }
        thead th { border-top: 0; font-size: .8rem; font-weight: 600; color: var(--dim); white-space: nowrap; }
        thead th:first-child { width: 34%; } thead th:nth-child(2) { width: 30%; }
        .group th { padding: .35rem .9rem; background: var(--band); font-size: .85rem; font-weight: 600; }
        th[scope=row] { font-weight: 400; }
        summary { font-weight: 600; cursor: pointer; }
        .rule { display: none; } .behavior:not([hidden]):has(details[open]) + .rule { display: table-row; }
        .rule td { border-top: 0; padding-top: 0; } .rule > td > * { max-width: 46rem; font-size: .95rem; }
        .rule p, .rule ul, .rule ol { margin: .5rem 0; } .rule a { color: var(--accent); }
        .rule .steps { padding: .6rem 1rem .6rem 2.2rem; background: var(--band); border-radius: .5rem; }
        .badge { margin-left: .35rem; color: var(--dim); font-size: .8rem; white-space: nowrap; }
        .icon { width: .8rem; height: .8rem; vertical-align: -.08em; } .badge.shield { color: var(--accent); font-weight: 600; }
        .told { margin: .3rem 0 0; color: var(--dim); font-size: .85rem; } .told b { font-weight: 600; color: var(--text); }
        .who { font-size: .9rem; } .who b { white-space: nowrap; } .who.no, .fixed { color: var(--dim); font-size: .9rem; }
        footer { margin-top: 2.5rem; color: var(--dim); font-size: .8rem; overflow-wrap: anywhere; }
        @media screen and (max-width: 52rem) {
          body { padding: 1.5rem 1rem 3rem; } h1 { font-size: 1.6rem; }
          thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          table, tbody, tr, th, td { display: block; width: auto; } td, th { border: 0; padding: .2rem .9rem; }
          tr { border-top: 1px solid var(--line); padding: .5rem 0; } tbody:first-of-type tr:first-child { border-top: 0; }
          .behavior:not([hidden]):has(details[open]) + .rule { display: block; border: 0; padding: 0 0 .5rem; }
          .group { padding: 0; } .who::before { content: attr(data-level) " "; color: var(--dim); }
        }
        @media print {
          @page { margin: 14mm 12mm; }
          body { max-width: none; padding: 0; background: #fff; font-size: 9pt; } h1 { font-size: 18pt; }
          #filter { display: none !important; } tr { break-inside: avoid; } h2, .group { break-after: avoid; }
          th, td { padding: .35rem .5rem; } thead th { white-space: normal; } thead th:nth-child(2) { width: 36%; }
          code { font-size: 7pt; } .who, .fixed, .told { font-size: 8pt; } table { border-radius: 0; } .value { font-size: 8pt; print-color-adjust: exact; }
        }

        """

    static let script = """

        (() => {
          const form = document.getElementById("filter"), all = (selector, from = document) => [...from.querySelectorAll(selector)];
          const rows = all("tr.behavior").map((row) => ({ row, text: (row.textContent + row.nextElementSibling.textContent).toLowerCase(), kinds: row.dataset.kind.split(" "),
            tier: row.closest("section").dataset.tier }));
          const apply = () => {
            const { text, kind, tier } = Object.fromEntries(new FormData(form));
            const words = text.toLowerCase().split(/\\s+/).filter(Boolean);
            let shown = 0;
            for (const { row, text, kinds, tier: own } of rows) {
              row.hidden = !((!kind || kinds.includes(kind)) && (!tier || tier === own) && words.every((word) => text.includes(word)));
              shown += !row.hidden;
            }
            for (const part of all("tbody, section")) part.hidden = !all("tr.behavior", part).some((row) => !row.hidden);
            document.getElementById("none").hidden = shown > 0;
            form.querySelector("output").textContent = shown + " of " + rows.length;
          };
          form.hidden = false;
          form.addEventListener("input", apply);
          form.addEventListener("submit", (event) => event.preventDefault());
          apply();
        })();

        """
}
