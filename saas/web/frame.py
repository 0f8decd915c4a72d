"""What the layouts need around a page: `frame` of layouts/app.html, `site` of public pages. Nothing reads a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NavItem:
    """One line of the left rail; `icon` is a Lucide name; `count` shows unread or open things when not None."""

    label: str
    href: str
    icon: str
    is_active: bool = False
    count: int | None = None


@dataclass(frozen=True)
class NavGroup:
    """A group of the left rail (Sales, Marketing, …); an empty label draws no heading."""

    label: str
    items: tuple[NavItem, ...] = ()


@dataclass(frozen=True)
class FrameWorkspace:
    """The firm's name and logo at the top of the rail; `accent` is one of ACCENTS."""

    name: str
    logo_url: str | None = None
    accent: str = "blue"


@dataclass(frozen=True)
class FrameMember:
    """Who is signed in, for the member menu. `avatar_url` None draws the initials of `name`."""

    name: str
    email: str = ""
    avatar_url: str | None = None


@dataclass(frozen=True)
class Toast:
    """A message to show once; arguments of the `ui.toast` component."""

    message: str
    tone: str = "success"
    undo_action: str | None = None
    href: str | None = None


ACCENTS = ("blue", "teal", "green", "olive", "orange", "red", "pink", "violet", "graphite")
THEMES = ("system", "light", "dark")


@dataclass(frozen=True)
class Frame:
    """Everything layouts/app.html draws around a page.

    `create_items` are the lines of the "+" menu; `workspaces` the others this person may switch to (label, href).
    `preferences_url` takes POST `theme=` or `language=` (and `next=`) and answers with a redirect, or 204 to scripts.
    `looking` is the name of the member as whom somebody else looks: then the page says so and offers only to stop.
    `jobs` are keyword arguments of `ui.job_card`. `theme` is one of THEMES, `language` one of i18n.LOCALES.
    """

    workspace: FrameWorkspace
    member: FrameMember
    nav: tuple[NavGroup, ...] = ()
    csrf_token: str = ""
    language: str = "en"
    theme: str = "system"
    toasts: tuple[Toast, ...] = ()
    jobs: tuple[dict[str, object], ...] = ()
    create_items: tuple[NavItem, ...] = ()
    workspaces: tuple[tuple[str, str], ...] = ()
    is_rail_collapsed: bool = False
    brand: str = "Onebook"
    today_url: str = "/today"
    search_url: str = "/search"
    customers_url: str = "/accounts"
    create_url: str = "/contacts/new"
    settings_url: str = "/settings"
    account_url: str = "/me"
    help_url: str = "/help"
    sign_in_url: str = "/sign-in"
    sign_out_url: str = "/sign-out"
    preferences_url: str = "/preferences"
    looking: str = ""


@dataclass(frozen=True)
class Site:
    """What layouts/public.html and auth.html draw around a page; `languages` are (locale, href of this page in it)."""

    brand: str = "Onebook"
    csrf_token: str = ""
    theme: str = "system"
    languages: tuple[tuple[str, str], ...] = ()
    home_url: str = "/"
    prices_url: str = "/prices"
    sign_in_url: str = "/sign-in"
    sign_up_url: str = "/sign-up"
    terms_url: str = "/terms"
    privacy_url: str = "/privacy"
    workspace_name: str | None = None
    links: tuple[tuple[str, str], ...] = ()
    looking: str = ""
