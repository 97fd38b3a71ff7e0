#!/usr/bin/env python3
"""Cut the whole Bot API description down to what the simulator speaks.

    python3 simulators/api/trim.py telegram-bot-api-10.1.json > simulators/api/telegram-bot-api.json

The argument is a machine-readable description of the Bot API: `methods` and
`types`, each with `fields` of `name`, `types`, `required`. What stays are the
methods below and every type that their parameters reach, without the prose.
Returned types are left out: nothing is checked against them.
"""

import json
import re
import sys

METHODS = [
    "answerCallbackQuery",
    "banChatMember",
    "copyMessage",
    "createChatInviteLink",
    "deleteMessage",
    "deleteWebhook",
    "editMessageReplyMarkup",
    "editMessageText",
    "forwardMessage",
    "getChat",
    "getMe",
    "getMyCommands",
    "getUpdates",
    "getWebhookInfo",
    "revokeChatInviteLink",
    "sendChatAction",
    "sendMediaGroup",
    "sendMessage",
    "sendPhoto",
    "setMyCommands",
    "setWebhook",
    "unbanChatMember",
]


def named(type_name):
    """The types named inside `Array of Array of X` and the like."""
    return re.split(r" of |, | and ", type_name.replace("Array of ", ""))


def trimmed_fields(entry):
    return [
        {"name": f["name"], "types": f["types"], "required": f["required"]}
        for f in entry.get("fields", [])
    ]


def main():
    with open(sys.argv[1], encoding="utf-8") as source:
        whole = json.load(source)
    missing = [name for name in METHODS if name not in whole["methods"]]
    if missing:
        sys.exit(f"not in the description: {', '.join(missing)}")
    methods = {name: trimmed_fields(whole["methods"][name]) for name in METHODS}
    types, reached = {}, [t for m in methods.values() for f in m for t in f["types"]]
    while reached:
        for name in named(reached.pop()):
            if name in types or name not in whole["types"]:
                continue
            entry = whole["types"][name]
            types[name] = {"fields": trimmed_fields(entry)}
            if entry.get("subtypes"):
                types[name]["subtypes"] = entry["subtypes"]
                reached += entry["subtypes"]
            reached += [t for f in types[name]["fields"] for t in f["types"]]
    trimmed = {"version": whole["version"], "methods": methods, "types": dict(sorted(types.items()))}
    json.dump(trimmed, sys.stdout, indent=1, sort_keys=False)
    print()


if __name__ == "__main__":
    main()
