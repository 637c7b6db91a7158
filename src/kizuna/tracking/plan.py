"""The event plan: every name Kizuna knows, where it takes place, from whom it comes and what it counts as.

Segment's e-commerce events (v2) and calls, its e-mail events, and a vocabulary of our own where there is no standard:
phone, fax, post, in person, wishes, complaints. docs/tracking-plan.md shows this table; a test compares them. Names
that are not here are stored as facts of the customer on the web.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kizuna.tracking.models import About, Channel, Direction

IN, OUT = Direction.IN, Direction.OUT
OF, FOR, BY = About.OF, About.FOR, About.BY


@dataclass(frozen=True, slots=True)
class EventShape:
    """What one event is: its channel, direction, kind of information (model, section 1) and fields."""

    name: str
    channel: Channel
    direction: Direction
    about: About
    is_transaction: bool
    is_page_activity: bool
    fields: tuple[str, ...]
    description: str


def _shapes(
    channel: Channel, direction: Direction, about: About, rows: Iterable[tuple[str, str, str]], flags: str = ""
) -> Iterable[EventShape]:
    for name, fields, description in rows:
        yield EventShape(
            name,
            channel,
            direction,
            about,
            "transaction" in flags,
            "page" in flags,
            tuple(fields.split()),
            description,
        )


PAGE, SCREEN, IDENTIFY, GROUP, ALIAS = (
    "Page Viewed",
    "Screen Viewed",
    "Customer Identified",
    "Group Joined",
    "Identities Linked",
)
CALLS: Final = {"page": PAGE, "screen": SCREEN, "identify": IDENTIFY, "group": GROUP, "alias": ALIAS}
EMAIL_RECEIVED: Final = "Email Received"
LIVE_CONTACT: Final = "Served by Live Operator"
ORDER_PLACED, ORDER_UPDATED = "Order Completed", "Order Updated"
ORDER_REFUNDED, ORDER_CANCELLED = "Order Refunded", "Order Cancelled"
PRODUCT_VIEWED: Final = "Product Viewed"
CONSENT_GIVEN, CONSENT_REFUSED = "Consent Given", "Consent Refused"
CONSENT_UPDATED: Final = "Segment Consent Preference Updated"
UNSUBSCRIBED: Final = "Unsubscribed"

_BROWSING = (
    (PAGE, "name path url referrer title search", "A page call: a page of the shop was opened."),
    (SCREEN, "name", "A screen call: a screen of the app was opened."),
    ("Products Searched", "query", "Searched the catalogue."),
    ("Product List Viewed", "list_id category products", "Opened a list or category."),
    ("Product List Filtered", "list_id category filters sorts products", "Filtered or sorted a list."),
    ("Promotion Viewed", "promotion_id creative name position", "Saw a promotion inside the shop."),
    ("Promotion Clicked", "promotion_id creative name position", "Clicked a promotion inside the shop."),
    ("Product Clicked", "product_id sku name price position", "Clicked a product in a list."),
    (PRODUCT_VIEWED, "product_id sku category name brand price currency url image_url", "Opened a product's page."),
    ("Product Added", "cart_id product_id sku name price quantity", "Put a product into the cart."),
    ("Product Removed", "cart_id product_id sku name price quantity", "Took a product out of the cart."),
    ("Cart Viewed", "cart_id products", "Opened the cart."),
    ("Checkout Started", "order_id value currency products", "Began to check out."),
    ("Checkout Step Viewed", "checkout_id step", "Saw a step of the checkout."),
    ("Checkout Step Completed", "checkout_id step shipping_method payment_method", "Completed a step."),
    ("Payment Info Entered", "checkout_id order_id payment_method", "Entered how to pay."),
    ("Coupon Entered", "order_id cart_id coupon_id", "Entered a coupon."),
    ("Coupon Removed", "order_id cart_id coupon_id coupon_name discount", "Took a coupon back."),
    ("Product Added to Wishlist", "wishlist_id product_id sku name price", "Put a product on the wish list."),
    ("Product Removed from Wishlist", "wishlist_id product_id sku name", "Took a product off the wish list."),
    ("Wishlist Product Added to Cart", "wishlist_id cart_id product_id sku name price", "From wish list to cart."),
)
_OBSERVED = (
    (IDENTIFY, "email phone name", "An identify call: who this is, with traits."),
    (GROUP, "groupId", "A group call: belongs to a company or household."),
    (ALIAS, "previousId userId", "An alias call: a former id and the user id are one customer."),
    ("Signed Up", "", "Registered an account."),
    ("Signed In", "", "Logged in."),
    ("Signed Out", "", "Logged out."),
    ("Referral Followed", "code", "Came by the link that a customer gave to friends."),
)
_ORDERS = (
    (ORDER_PLACED, "order_id total revenue shipping tax discount coupon currency products", "Placed an order."),
    (ORDER_UPDATED, "order_id total revenue shipping tax discount coupon currency products", "An order was corrected."),
    (ORDER_REFUNDED, "order_id refund_id total currency products goods_returned", "Money was given back."),
    (ORDER_CANCELLED, "order_id goods_returned", "An order was called off."),
)
_SHOP_SAYS = (
    ("Coupon Applied", "order_id cart_id coupon_id coupon_name discount", "The shop accepted a coupon."),
    ("Coupon Denied", "order_id cart_id coupon reason", "The shop refused a coupon."),
)
_VOLUNTEERED = (
    ("Product Shared", "share_via recipient product_id sku name", "Showed a product to somebody."),
    ("Cart Shared", "share_via recipient cart_id products", "Showed the cart to somebody."),
    ("Product Reviewed", "product_id review_id review_body rating", "Wrote a review."),
    ("Wish Expressed", "text about product_id wish_id source", "Forwarded a need or want."),
    ("Wish Confirmed", "wish_id text about", "Confirmed that a wish is fulfilled."),
    ("Message Written", "conversation_id subject", "Wrote to the shop on the premium site."),
    ("Complaint Made", "text about order_id", "Complained."),
    ("Praise Given", "text about", "Praised."),
    ("Suggestion Made", "text about", "Suggested an improvement or a product."),
    ("Survey Answered", "survey_id question answer score", "Answered a question the shop asked."),
    ("Customer Referred", "recipient share_via", "Recommended the shop to somebody."),
    ("Preference Stated", "topic value", "Said what they prefer."),
    (CONSENT_GIVEN, "purpose purposes evidence", "Agreed to a use of their particulars."),
    (CONSENT_REFUSED, "purpose purposes evidence", "Refused it, or took an agreement back."),
    (CONSENT_UPDATED, "", "Segment's consent event: context.consent.categoryPreferences."),
)
_MAIL_OUT = (
    (
        "Email Sent",
        "email_id campaign_id subject machine",
        "The shop wrote an e-mail; machine: true for automatic ones.",
    ),
    ("Email Delivered", "email_id campaign_id subject", "The e-mail reached the mailbox."),
    ("Email Bounced", "email_id campaign_id subject", "The e-mail could not be delivered."),
)
_MAIL_REACTION = (
    ("Email Opened", "email_id campaign_id subject machine", "Opened an e-mail; machine: true where a robot did."),
    ("Email Link Clicked", "email_id campaign_id link_id link_url machine", "Clicked a link; machine as above."),
    ("Email Marked as Spam", "email_id campaign_id", "Called an e-mail spam."),
    (UNSUBSCRIBED, "email_id campaign_id list_id", "Wants no more e-mail of the kind."),
)
_MAIL_IN = (
    (EMAIL_RECEIVED, "subject text in_reply_to machine", "The customer wrote an e-mail; machine: true for robots."),
)
_CALLS_IN = (("Phone Call Received", "subject note minutes outcome", "The customer called."),)
_CALLS_OUT = (("Phone Call Made", "subject note minutes outcome", "The shop called the customer."),)
_FAX_IN = (("Fax Received", "subject note pages", "The customer sent a fax."),)
_FAX_OUT = (("Fax Sent", "subject note pages", "The shop sent a fax."),)
_POST_IN = (("Letter Received", "subject note", "The customer wrote a letter."),)
_POST_OUT = (("Letter Sent", "subject note", "The shop wrote a letter."),)
_MET = (("In-Person Contact", "subject note minutes place", "Customer and shop met."),)
_CHAT_IN = (("Chat Message Received", "conversation_id text", "The customer wrote in the panel."),)
_CHAT_OUT = (
    ("Chat Message Sent", "conversation_id text machine", "An operator answered in the panel."),
    (LIVE_CONTACT, "conversation_id", "A live operator served the customer: once for each chat, however long."),
)
_GIVEN = (
    ("Offer Made", "offer_id name value", "The shop made an offer."),
    ("Recommendation Shown", "product_id sku reason", "The shop recommended a product."),
    ("Privilege Granted", "name until", "The shop granted a privilege."),
    ("Wish Accepted", "wish_id text about promised", "The shop promised to fulfil a wish by a day."),
    ("Wish Declined", "wish_id text about reason nearest", "The shop said kindly that it cannot, and what it can."),
    ("Wish Fulfilled", "wish_id text about kept outcome", "The shop fulfilled a wish; kept: by the promised day."),
    ("Question Answered", "question answer", "The shop answered a question."),
)

EVENTS: Final[dict[str, EventShape]] = {
    shape.name: shape
    for shapes in (
        _shapes(Channel.WEB, IN, OF, _BROWSING, "page"),
        _shapes(Channel.WEB, IN, OF, _OBSERVED),
        _shapes(Channel.WEB, IN, OF, _ORDERS, "transaction"),
        _shapes(Channel.WEB, OUT, FOR, _SHOP_SAYS),
        _shapes(Channel.WEB, IN, BY, _VOLUNTEERED),
        _shapes(Channel.EMAIL, OUT, FOR, _MAIL_OUT),
        _shapes(Channel.EMAIL, IN, OF, _MAIL_REACTION),
        _shapes(Channel.EMAIL, IN, BY, _MAIL_IN),
        _shapes(Channel.PHONE, IN, BY, _CALLS_IN),
        _shapes(Channel.PHONE, OUT, FOR, _CALLS_OUT),
        _shapes(Channel.FAX, IN, BY, _FAX_IN),
        _shapes(Channel.FAX, OUT, FOR, _FAX_OUT),
        _shapes(Channel.POST, IN, BY, _POST_IN),
        _shapes(Channel.POST, OUT, FOR, _POST_OUT),
        _shapes(Channel.IN_PERSON, IN, BY, _MET),
        _shapes(Channel.CHAT, IN, BY, _CHAT_IN),
        _shapes(Channel.CHAT, OUT, FOR, _CHAT_OUT),
        _shapes(Channel.WEB, OUT, FOR, _GIVEN),
    )
    for shape in shapes
}
"""Every known event by its name, in the order of the document."""

DIRECT_CHANNELS: Final = frozenset({Channel.PHONE, Channel.FAX, Channel.POST, Channel.IN_PERSON})


def shape_of(name: str) -> EventShape:
    """Give the shape of an event; a name that is not in the plan is a fact of the customer on the web."""
    known = EVENTS.get(name)
    return known or EventShape(name, Channel.WEB, IN, OF, False, False, (), "")


def table() -> str:
    """Write the plan as the table of docs/tracking-plan.md."""
    lines = [
        "| event | channel | direction | kind | counts as | fields | meaning |",
        "|---|---|---|---|---|---|---|",
    ]
    for shape in EVENTS.values():
        counts = "transaction" if shape.is_transaction else "visit" if shape.is_page_activity else ""
        counts = "E" if shape.name == EMAIL_RECEIVED else counts
        fields = " ".join(f"`{name}`" for name in shape.fields)
        kind = About(shape.about).label.removesuffix(" the customer")
        cells = (shape.name, Channel(shape.channel).label, Direction(shape.direction).label, kind, counts, fields)
        lines.append("| " + " | ".join((*cells, shape.description)) + " |")
    return "\n".join(lines) + "\n"
