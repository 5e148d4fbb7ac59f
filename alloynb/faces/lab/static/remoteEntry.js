// Cards in JupyterLab's launcher that open the authoring notebooks. Written by hand: no build step stands before it.
//
// JupyterLab loads this script, hands it the modules that it shares (`init`), and asks for the plugin (`get`).

(() => {
  const NAME = "@alloy-foundry/launcher";
  const FOLDER = "alloy-notebooks";
  const CARDS = [
    ["tour", "Tour", "once round the loop, on a sample"],
    ["author_intent", "Author intent", "write one record with a form"],
    ["interview", "Interview", "be asked until it can be written down"],
    ["discover_and_review", "Discover and review", "decide what archaeology found"],
    ["relations", "Relations", "how records stand to each other"],
    ["compile_and_approve", "Compile and approve", "look at a brief, and sign"],
    ["launch_and_watch", "Launch and watch", "run it, and see its tree fill"],
    ["read_a_run", "Read a run", "what it meant for each record"],
    ["drift_and_contradictions", "Drift and contradictions", "is the code wrong, or the intent?"],
  ];
  // The kernel's logo, a crucible pouring metal, for light and for dark.
  const LOGO =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">' +
    '<path fill="#263238" d="M10 0H54L61 3 64 10V54L61 61 54 64H10L3 61 0 54V10L3 3Z"/>' +
    '<path fill="#90a4ae" d="M8 16 20 9 48 26 41 38 33 42 23 39 12 31 8 24Z"/>' +
    '<path fill="#cfd8dc" d="M22 48H56L60 58H18Z"/>' +
    '<path fill="#ff8f00" d="M44 26 50 25 52 33 51 50H46L47 34Z"/>' +
    '<path fill="#ffc107" d="M20 9 48 26 46 30 18 13Z"/></svg>';
  let shared = null;

  /** A module that JupyterLab shares; the version is its own. */
  const module = async (name) => {
    const versions = Object.values(shared?.[name] ?? {});
    if (!versions.length) throw new Error(`${NAME}: JupyterLab does not share ${name}`);
    return (await versions[0].get())();
  };

  /** Open a notebook: the one of this repository, else a copy that is laid beside the work and never written over. */
  const open = async (app, address, name) => {
    const { contents } = app.serviceManager;
    const exists = async (path) => {
      try {
        return Boolean(await contents.get(path, { content: false }));
      } catch {
        return false;
      }
    };
    const own = `notebooks/authoring/${name}.ipynb`;
    const copy = `${FOLDER}/${name}.ipynb`;
    if (await exists(own)) return app.commands.execute("docmanager:open", { path: own });
    if (!(await exists(copy))) {
      const answer = await fetch(`${address}/${name}.ipynb`);
      if (!answer.ok) throw new Error(`${name}.ipynb is not installed (${answer.status})`);
      if (!(await exists(FOLDER))) await contents.save(FOLDER, { type: "directory", name: FOLDER });
      await contents.save(copy, { type: "notebook", format: "json", content: await answer.json() });
    }
    return app.commands.execute("docmanager:open", { path: copy });
  };

  const plugin = async () => {
    const [{ ILauncher }, { LabIcon }, { PageConfig, URLExt }] = await Promise.all([
      module("@jupyterlab/launcher"), module("@jupyterlab/ui-components"), module("@jupyterlab/coreutils"),
    ]);
    const icon = new LabIcon({ name: `${NAME}:logo`, svgstr: LOGO });
    const address = URLExt.join(PageConfig.getOption("fullLabextensionsUrl"), NAME, "static", "notebooks");
    return {
      id: `${NAME}:plugin`,
      description: "Cards that open the authoring notebooks of Alloy.",
      autoStart: true,
      optional: [ILauncher],
      activate: (app, launcher) => {
        CARDS.forEach(([name, label, caption], rank) => {
          const command = `alloynb:open-${name.replaceAll("_", "-")}`;
          app.commands.addCommand(command, { label, caption, icon, execute: () => open(app, address, name) });
          launcher?.add({ command, category: "Alloy", rank });
        });
      },
    };
  };

  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB[NAME] = {
    init: (scope) => {
      shared = scope;
    },
    get: async (name) => {
      if (name !== "./extension") throw new Error(`${NAME} has no module ${name}`);
      const found = { __esModule: true, default: await plugin() };
      return () => found;
    },
  };
})();
