#!/usr/bin/env python3
"""Drives a running Telegram simulator with aiogram, a client that none of us wrote.

    python aiogram_client.py http://127.0.0.1:8081

What aiogram cannot parse, or takes for another error than the one meant, the
real Telegram would not have sent. Prints `N passed, 0 failed`; exits with 1 if
anything failed. The simulator should be fresh and let any token in.
"""

import asyncio
import json
import sys
import time
import traceback
import urllib.request

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyParameters,
)

TOKEN = "900100:aiogram-contract"
PICTURE = "https://example.org/picture.jpg"


class Control:
    """The simulator's control API: what people do."""

    def __init__(self, base):
        self.base = base + "/simulator/api"
        self.bot = None

    def post(self, path, **body):
        request = urllib.request.Request(
            self.base + path,
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def person(self, name, started=True):
        person = self.post("/chats", kind="private", first_name=name)["id"]
        if started:
            self.post(f"/chats/{person}/start", bot=self.bot)
        return person

    def group(self, title):
        group = self.post("/chats", kind="group", title=title)["id"]
        self.post(f"/chats/{group}/start", bot=self.bot)
        return group


class Checks:
    """Runs each check by itself and counts."""

    def __init__(self, bot, control):
        self.bot, self.control = bot, control
        self.anna = None

    async def fails(self, kind, awaitable, text):
        try:
            await awaitable
        except kind as error:
            assert type(error) is kind, f"{type(error).__name__} in place of {kind.__name__}"
            assert text in str(error), f"{error} does not contain {text!r}"
            return error
        raise AssertionError(f"no {kind.__name__}")

    async def updates(self):
        """All that waits, confirmed."""
        found = []
        while batch := await self.bot.get_updates(offset=found[-1].update_id + 1 if found else None):
            found += batch
        return found

    async def check_01_get_me(self):
        me = await self.bot.get_me()
        assert me.is_bot and me.id == 900100 and me.username.endswith("bot")

    async def check_02_a_wrong_token_is_unauthorized(self):
        other = Bot("900100:wrong", session=self.bot.session)
        await self.fails(TelegramUnauthorizedError, other.get_me(), "Unauthorized")

    async def check_03_html(self):
        sent = await self.bot.send_message(
            self.anna, '<b>Flat &amp; garden</b> 😀 <a href="https://example.org/1">see</a>', parse_mode="HTML"
        )
        assert sent.text == "Flat & garden 😀 see", sent.text
        assert [entity.type for entity in sent.entities] == ["bold", "text_link"]
        assert sent.entities[1].extract_from(sent.text) == "see"
        assert sent.html_text.startswith("<b>Flat &amp; garden</b>"), sent.html_text
        assert sent.chat.id == self.anna and sent.from_user.is_bot

    async def check_04_markdown(self):
        sent = await self.bot.send_message(
            self.anna, "*bold* _it_ ||x|| `c` 1\\.5", parse_mode="MarkdownV2"
        )
        assert sent.text == "bold it x c 1.5"
        assert [entity.type for entity in sent.entities] == ["bold", "italic", "spoiler", "code"]

    async def check_05_parse_errors(self):
        send = self.bot.send_message
        await self.fails(TelegramBadRequest, send(self.anna, "<b>a", parse_mode="HTML"), "can't parse entities")
        await self.fails(
            TelegramBadRequest, send(self.anna, "<div>a</div>", parse_mode="HTML"), 'Unsupported start tag "div"'
        )
        await self.fails(
            TelegramBadRequest, send(self.anna, "1.5", parse_mode="MarkdownV2"), "is reserved and must be escaped"
        )
        await self.fails(TelegramBadRequest, send(self.anna, "x" * 4097), "message is too long")

    async def check_06_keyboard_and_preview(self):
        keyboard = InlineKeyboardMarkup(
            inline_keyboard=[
                [InlineKeyboardButton(text="Open", url="https://example.org/")],
                [InlineKeyboardButton(text="Pause", callback_data="pause")],
            ]
        )
        sent = await self.bot.send_message(
            self.anna,
            "hello",
            reply_markup=keyboard,
            link_preview_options=LinkPreviewOptions(url=PICTURE, prefer_large_media=True),
        )
        assert sent.reply_markup.inline_keyboard[1][0].callback_data == "pause"
        assert sent.link_preview_options.prefer_large_media is True
        bad = InlineKeyboardMarkup(
            inline_keyboard=[[InlineKeyboardButton(text="Open", url="http://localhost/")]]
        )
        await self.fails(
            TelegramBadRequest, self.bot.send_message(self.anna, "hello", reply_markup=bad), "Wrong HTTP URL"
        )

    async def check_07_photos_by_address_and_upload(self):
        sent = await self.bot.send_photo(self.anna, PICTURE, caption="<i>c</i>", parse_mode="HTML")
        assert sent.caption == "c" and sent.photo[-1].file_id
        upload = BufferedInputFile(b"\xff\xd8\xff" * 50, filename="a.jpg")
        sent = await self.bot.send_photo(self.anna, upload)
        assert sent.photo
        again = await self.bot.send_photo(self.anna, sent.photo[0].file_id)
        assert again.photo
        await self.fails(
            TelegramBadRequest,
            self.bot.send_photo(self.anna, "https://pictures.invalid/a.jpg"),
            "failed to get HTTP URL content",
        )

    async def check_08_an_album(self):
        sent = await self.bot.send_media_group(
            self.anna, [InputMediaPhoto(media=PICTURE, caption="one"), InputMediaPhoto(media=PICTURE)]
        )
        assert len(sent) == 2 and sent[0].media_group_id == sent[1].media_group_id
        upload = BufferedInputFile(b"\xff\xd8\xff", filename="a.jpg")
        sent = await self.bot.send_media_group(self.anna, [InputMediaPhoto(media=upload)] * 2)
        assert len(sent) == 2

    async def check_09_editing_and_deleting(self):
        sent = await self.bot.send_message(self.anna, "one")
        edited = await self.bot.edit_message_text("two", chat_id=self.anna, message_id=sent.message_id)
        assert edited.text == "two" and edited.edit_date
        await self.fails(
            TelegramBadRequest,
            self.bot.edit_message_text("two", chat_id=self.anna, message_id=sent.message_id),
            "message is not modified",
        )
        keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="a", callback_data="b")]])
        edited = await self.bot.edit_message_reply_markup(
            chat_id=self.anna, message_id=sent.message_id, reply_markup=keyboard
        )
        assert edited.reply_markup
        assert await self.bot.delete_message(self.anna, sent.message_id) is True

    async def check_10_replies_and_copies(self):
        first = await self.bot.send_message(self.anna, "one")
        reply = await self.bot.send_message(
            self.anna, "two", reply_parameters=ReplyParameters(message_id=first.message_id)
        )
        assert reply.reply_to_message.text == "one"
        copy = await self.bot.copy_message(self.anna, self.anna, first.message_id)
        assert copy.message_id > reply.message_id

    async def check_11_what_people_write_comes_as_updates(self):
        await self.updates()
        self.control.post(f"/chats/{self.anna}/messages", bot=self.control.bot, text="/help me @hoopoe_bot")
        self.control.post(f"/chats/{self.anna}/start", bot=self.control.bot, payload="confirm_x-1")
        first, second = await self.updates()
        assert first.event_type == "message" and first.message.entities[0].type == "bot_command"
        assert first.message.from_user.id == self.anna and first.message.chat.type == "private"
        assert second.message.text == "/start confirm_x-1"
        assert second.update_id == first.update_id + 1

    async def check_12_a_pressed_button_can_be_answered(self):
        keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="a", callback_data="go:1")]])
        sent = await self.bot.send_message(self.anna, "press", reply_markup=keyboard)
        press = {"bot": self.control.bot, "message_id": sent.message_id, "data": "go:1"}
        self.control.post(f"/chats/{self.anna}/press", **press)
        (update,) = await self.updates()
        query = update.callback_query
        assert query.data == "go:1" and query.message.message_id == sent.message_id
        assert query.from_user.id == self.anna
        assert await self.bot.answer_callback_query(query.id, text="done") is True
        await self.fails(TelegramBadRequest, self.bot.answer_callback_query("1"), "query is too old")

    async def check_13_a_long_poll_waits_for_what_comes(self):
        poll = asyncio.create_task(self.bot.get_updates(timeout=20))
        await asyncio.sleep(0.3)
        assert not poll.done()
        self.control.post(f"/chats/{self.anna}/messages", bot=self.control.bot, text="now")
        (update,) = await asyncio.wait_for(poll, 5)
        assert update.message.text == "now"

    async def check_14_block_and_unblock(self):
        await self.updates()
        self.control.post(f"/chats/{self.anna}/block", bot=self.control.bot)
        send = self.bot.send_message(self.anna, "hello")
        await self.fails(TelegramForbiddenError, send, "bot was blocked by the user")
        self.control.post(f"/chats/{self.anna}/unblock", bot=self.control.bot)
        await self.bot.send_message(self.anna, "hello")
        changes = [update.my_chat_member for update in await self.updates()]
        assert [change.new_chat_member.status for change in changes] == ["kicked", "member"]

    async def check_15_strangers_the_deleted_and_the_unknown(self):
        stranger = self.control.person("Stranger", started=False)
        await self.fails(
            TelegramForbiddenError, self.bot.send_message(stranger, "hello"), "can't initiate conversation"
        )
        gone = self.control.person("Gone")
        self.control.post(f"/chats/{gone}/deactivate")
        await self.fails(TelegramForbiddenError, self.bot.send_message(gone, "hello"), "user is deactivated")
        await self.fails(TelegramBadRequest, self.bot.send_message(5, "hello"), "chat not found")

    async def check_16_a_group_migrates(self):
        group = self.control.group("Neighbours")
        chat = await self.bot.get_chat(group)
        assert chat.title == "Neighbours" and chat.type == "group"
        supergroup = self.control.post(f"/chats/{group}/migrate")["migrate_to_chat_id"]
        error = await self.fails(TelegramMigrateToChat, self.bot.send_message(group, "hello"), "migrated")
        assert error.migrate_to_chat_id == supergroup
        assert (await self.bot.send_message(supergroup, "hello")).chat.type == "supergroup"
        kinds = [update.message for update in await self.updates() if update.message]
        assert any(message.migrate_to_chat_id == supergroup for message in kinds)

    async def check_17_webhook_and_polling(self):
        await self.bot.set_webhook(
            "https://example.org/hook", secret_token="s-1", max_connections=7, allowed_updates=["message"]
        )
        info = await self.bot.get_webhook_info()
        assert info.url == "https://example.org/hook" and info.max_connections == 7
        assert info.allowed_updates == ["message"] and info.pending_update_count == 0
        await self.fails(TelegramConflictError, self.bot.get_updates(), "can't use getUpdates method")
        await self.fails(
            TelegramBadRequest, self.bot.set_webhook("https://example.org/", secret_token="a b"), "unallowed characters"
        )
        await self.bot.set_webhook("https://example.org/hook", allowed_updates=[])
        assert (await self.bot.get_webhook_info()).allowed_updates is None
        assert await self.bot.delete_webhook(drop_pending_updates=True) is True

    async def check_18_commands_and_actions(self):
        commands = [BotCommand(command="help", description="What I can do")]
        assert await self.bot.set_my_commands(commands) is True
        (command,) = await self.bot.get_my_commands()
        assert (command.command, command.description) == ("help", "What I can do")
        assert await self.bot.send_chat_action(self.anna, "typing") is True

    async def check_19_faults(self):
        self.control.post("/faults", fault={"kind": "error_before"})
        await self.fails(TelegramServerError, self.bot.send_message(self.anna, "a"), "Internal Server Error")
        self.control.post("/faults", fault={"kind": "lost_after"})
        await self.fails(TelegramNetworkError, self.bot.send_message(self.anna, "a"), "")

    async def check_20_a_person_comes_into_a_group_by_a_link(self):
        group = self.control.group("Club")
        send = self.bot.create_chat_invite_link(group, member_limit=1)
        await self.fails(TelegramBadRequest, send, "not enough rights to manage chat invite link")
        self.control.post(f"/chats/{group}/promote", bot=self.control.bot)
        link = await self.bot.create_chat_invite_link(group, name="contact 1", member_limit=1)
        assert (link.name, link.member_limit, link.is_revoked) == ("contact 1", 1, False)
        await self.bot.get_updates(allowed_updates=["message", "chat_member"])
        await self.updates()
        self.control.post(f"/chats/{self.anna}/join", link=link.invite_link)
        (joined,) = [update.chat_member for update in await self.updates() if update.chat_member]
        assert (joined.old_chat_member.status, joined.new_chat_member.status) == ("left", "member")
        assert joined.invite_link.invite_link == link.invite_link and joined.from_user.id == self.anna
        assert await self.bot.ban_chat_member(group, self.anna) is True
        assert await self.bot.unban_chat_member(group, self.anna) is True
        moves = [update.chat_member.new_chat_member.status for update in await self.updates() if update.chat_member]
        assert moves == ["kicked", "left"], moves
        assert (await self.bot.revoke_chat_invite_link(group, link.invite_link)).is_revoked
        await self.bot.get_updates(allowed_updates=[])

    async def check_21_rates(self):
        chats = [self.control.person(f"Person {n}") for n in range(3)]
        await asyncio.sleep(1.1)
        await self.bot.send_message(chats[0], "one")
        error = await self.fails(TelegramRetryAfter, self.bot.send_message(chats[0], "two"), "")
        assert error.retry_after == 1
        await self.fails(TelegramRetryAfter, self.bot.send_message(chats[1], "one"), "")
        await asyncio.sleep(1.05)
        await self.bot.send_message(chats[1], "one")


async def main(base):
    server = TelegramAPIServer.from_base(base)
    bot = Bot(TOKEN, session=AiohttpSession(api=server))
    control = Control(base)
    control.bot = (await bot.get_me()).username
    checks = Checks(bot, control)
    checks.anna = control.person("Anna")
    passed, failed = 0, 0
    names = sorted(name for name in dir(checks) if name.startswith("check_"))
    original = bot.session.make_request

    async def paced(*arguments, **named):
        """One send a second to a chat is Telegram's rule, and the checks obey it."""
        if arguments[1].__api_method__ in ("sendMessage", "sendPhoto", "sendMediaGroup", "copyMessage"):
            wait = paced.last + 1.02 - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            paced.last = time.monotonic()
        return await original(*arguments, **named)

    paced.last = 0.0
    for name in names:
        bot.session.make_request = original if name.endswith("rates") else paced
        try:
            await getattr(checks, name)()
            passed += 1
        except Exception:  # noqa: BLE001 - whatever it was, the next check runs
            failed += 1
            print(f"FAILED {name}")
            traceback.print_exc()
    await bot.session.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(sys.argv[1].rstrip("/"))))
