"""`shortlist plugins`: list the installed plugins, what they add, and why one is not loaded."""

from __future__ import annotations

from shortlist.app.cli.frame import Call, command
from shortlist.app.cli.terminal.output import print_json, say
from shortlist.core.plugins import PLUGINS, Plugin, describe, installed


@command()
def plugins(call: Call) -> None:
    """List the installed plugins: version, distribution, what each adds, and why one is not loaded.

    `shortlist --no-plugins COMMAND` runs without any. Servers load only those that the setting `plugins` names.

    Example: shortlist plugins --json
    """
    call.settings()
    PLUGINS.load()
    found = PLUGINS.loaded | {name: _left_out(name) for name in installed() if name not in PLUGINS.loaded}
    if call.as_json:
        print_json({"plugins": [found[name].document for name in sorted(found)]})
    elif not found:
        say("no plugin is installed")
    else:
        for name in sorted(found):
            _print(found[name])


def _left_out(name: str) -> Plugin:
    plugin = describe(installed()[name])
    plugin.error = "it was not chosen: see --no-plugins and the setting plugins"
    return plugin


def _print(plugin: Plugin) -> None:
    origin = f"{plugin.distribution} {plugin.version} ({plugin.entry})" if plugin.entry else "not installed"
    say(f"{plugin.name}  {origin}")
    for kind, names in plugin.document["parts"].items():
        say(f"  {kind}: {', '.join(names)}")
    if plugin.error is not None:
        say(f"  not loaded: {plugin.error}")
