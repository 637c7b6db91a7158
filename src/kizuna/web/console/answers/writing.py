"""Writing one answer: the text with its preview, its languages and versions, publishing and taking away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import answers as flow
from kizuna.flows.answers import Audience, NotThere, Refused, Written
from kizuna.html import prose
from kizuna.html.words import LANGUAGES
from kizuna.knowledge import article_desk, articles
from kizuna.shops import roles
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.answers.listing import STATES

if TYPE_CHECKING:
    from kizuna.knowledge.models import Article, ArticleVersion
    from kizuna.shops.models import Shop

TOLD = {
    "": "Kept as a draft.",
    Audience.PUBLIC: "Published: everybody can find it now.",
    Audience.INTERNAL: "Published for us: operators find it, customers do not.",
}


class ArticleForm(forms.Form):
    """One answer in one language."""

    title = forms.CharField(
        max_length=article_desk.LONGEST_TITLE, label="Question or title", help_text="In the words a customer would use."
    )
    category = forms.ChoiceField(required=False, label="Category")
    language = forms.ChoiceField(label="Language", choices=list(LANGUAGES.items()))
    body = forms.CharField(
        required=False,
        max_length=article_desk.LONGEST_BODY,
        label="Answer",
        widget=forms.Textarea({"rows": 18, "spellcheck": "true"}),
    )

    def __init__(self, shop: "Shop", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)
        rows = article_desk.list_categories(shop.pk)
        field.choices = [("", "none"), *((row.slug, next(iter(row.names.values()))) for row in rows)]


@dataclass(frozen=True)
class Looked:
    """Which language and version of an answer somebody looks at, among those there are."""

    language: str = "en"
    versions: "Sequence[ArticleVersion]" = ()
    chosen: "ArticleVersion | None" = None


@shop_page("answer")
def new(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Write a new answer, perhaps to a question that was asked."""
    if request.method == "POST":
        return _keep(request, shop, None)
    asked = {"title": request.GET.get("title", "")[:160], "language": _language(request)}
    return _show(request, shop, None, ArticleForm(shop, initial=asked))


@shop_page("answer")
def edit(request: ShopRequest, shop: "Shop", article: UUID) -> HttpResponse:
    """Write on an answer: another language, another version."""
    row = _get_or_404(shop, article)
    if request.method == "POST":
        return _keep(request, shop, row)
    texts = sorted((text.language for text in row.texts.all()), key=lambda each: (each != "en", each))
    language = _language(request, texts[0] if texts else "en")
    versions = article_desk.list_versions(shop.pk, article, language)
    wanted = request.GET.get("version", "")
    chosen = next((each for each in versions if str(each.number) == wanted), versions[0] if versions else None)
    initial = {"language": language, "category": row.category.slug if row.category else ""}
    if chosen is not None:
        initial |= {"title": chosen.title, "body": chosen.body}
    return _show(request, shop, row, ArticleForm(shop, initial=initial), Looked(language, versions, chosen))


@shop_page("answer")
@require_POST
def preview(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show what is being written as people would read it."""
    body = request.POST.get("body", "")[: article_desk.LONGEST_BODY]
    shown = {"title": request.POST.get("title", "")[:160], "html": prose.to_html(body), "has_text": bool(body.strip())}
    return render(request, "console/answers/preview.html", shown)


@shop_page("reach_out")
@require_POST
def archive(request: ShopRequest, shop: "Shop", article: UUID) -> HttpResponse:
    """Take an answer away from everybody's eyes."""
    _get_or_404(shop, article)
    flow.archive(shop, article, request.user, timezone.now())
    messages.success(request, "Archived. It can be published again.")
    return _to(shop, article, "")


def _keep(request: ShopRequest, shop: "Shop", row: "Article | None") -> HttpResponse:
    """Keep what was written, and publish it where that was asked for."""
    form = ArticleForm(shop, request.POST)
    audience = request.POST.get("audience", "")
    audience = audience if audience in Audience.values else ""
    if audience == Audience.PUBLIC and not roles.may(request.role, "reach_out"):
        raise PermissionDenied
    if form.is_valid():
        told, number = form.cleaned_data, row.public_id if row else None
        written = Written(told["title"], told["body"], told["language"], number, told["category"])
        try:
            made = flow.save(shop, written, request.user, timezone.now())
            number = made.text.article.public_id
            if audience:
                flow.publish(shop, number, told["language"], audience, request.user, timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            row = row if number is None else article_desk.get(shop.pk, number)
        else:
            messages.success(request, TOLD[audience])
            return _to(shop, number, told["language"])
    return _show(request, shop, row, form, status=422)


def _show(
    request: ShopRequest,
    shop: "Shop",
    row: "Article | None",
    form: ArticleForm,
    looked: Looked | None = None,
    status: int = 200,
) -> HttpResponse:
    looked = looked or Looked(str(form["language"].value() or "en"))
    versions, language = looked.versions, looked.language
    texts = {} if row is None else {text.language: text for text in row.texts.all()}
    here = texts.get(language)
    live = None if here is None else here.live_id
    state = "draft" if row is None or live is None else "archived" if row.archived_us else row.audience
    context = {
        "form": form,
        "article": row,
        "versions": versions,
        "language": language,
        "languages": [(code, name, code in texts) for code, name in LANGUAGES.items()],
        "chosen": looked.chosen,
        "live": live,
        "is_ahead": bool(versions and live and versions[0].pk != live),
        "state": STATES["published" if state == Audience.PUBLIC else state],
        "votes": here,
        "public_url": articles.address(shop.slug, language, row.slug) if row and state == Audience.PUBLIC else "",
    }
    return render(request, "console/answers/edit.html", context, status=status)


def _to(shop: "Shop", article: UUID, language: str) -> HttpResponse:
    more = f"?language={language}" if language else ""
    return redirect(f"{reverse('answer', args=[shop.slug, article])}{more}")


def _language(request: ShopRequest, otherwise: str = "en") -> str:
    wanted = request.GET.get("language", "")
    return wanted if wanted in LANGUAGES else otherwise


def _get_or_404(shop: "Shop", article: UUID) -> "Article":
    try:
        return article_desk.get(shop.pk, article)
    except NotThere:
        raise Http404 from None
