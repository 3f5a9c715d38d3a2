"""The only module that imports `ibapi`: what differs between 9.81.1 and 10.51 is settled here, once.

Everything above this file sees one API: `error` has five arguments, a commission report is a
`CommissionReport`, a cancel needs only the order id, an unset number is `nan`.
"""

from __future__ import annotations

import inspect
import logging
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from ibnb.ib.distributions import listed, repair


def _broken(cause: str) -> str:
    return f"ibapi can't be used: {cause}. Installed packages that provide it: {listed()}. Mend it with: {repair()}"


try:
    import ibapi
    from ibapi import comm, server_versions
    from ibapi.client import EClient as EClient
    from ibapi.common import BarData as BarData
    from ibapi.common import TickAttrib as TickAttrib
    from ibapi.contract import ComboLeg as ComboLeg
    from ibapi.contract import Contract as _Contract
    from ibapi.contract import ContractDetails as ContractDetails
    from ibapi.decoder import Decoder as Decoder
    from ibapi.execution import Execution as Execution
    from ibapi.execution import ExecutionFilter as ExecutionFilter
    from ibapi.message import IN as _IN
    from ibapi.order import Order as _Order
    from ibapi.order_condition import ExecutionCondition as ExecutionCondition
    from ibapi.order_condition import MarginCondition as MarginCondition
    from ibapi.order_condition import PercentChangeCondition as PercentChangeCondition
    from ibapi.order_condition import PriceCondition as PriceCondition
    from ibapi.order_condition import TimeCondition as TimeCondition
    from ibapi.order_condition import VolumeCondition as VolumeCondition
    from ibapi.order_state import OrderState as OrderState
    from ibapi.scanner import ScannerSubscription as ScannerSubscription
    from ibapi.tag_value import TagValue as TagValue
    from ibapi.ticktype import TickTypeEnum as TickTypeEnum
    from ibapi.wrapper import EWrapper as EWrapper
except ImportError as cause:
    raise ImportError(_broken(f"{type(cause).__name__}: {cause}")) from cause

try:
    from ibapi.order_cancel import OrderCancel as OrderCancel
except ImportError:  # before 10.30
    OrderCancel = None

if TYPE_CHECKING:
    # Those that people handle have their fields' types; of the others a type checker knows nothing.
    from ibnb.ib.fields import Contract as Contract
    from ibnb.ib.fields import Order as Order
else:
    Contract, Order = _Contract, _Order

IBAPI_VERSION: str = ibapi.get_version_string()
MIN_CLIENT_VER: int = server_versions.MIN_CLIENT_VER
# 10.37 is the one release that ends at 203, where orders become protobuf, and its encoder doesn't know the name of a
# field that it fills: an order with a primaryExchange stops it with AttributeError. Below 203 its orders are text.
MAX_CLIENT_VER: int = 202 if server_versions.MAX_CLIENT_VER == 203 else server_versions.MAX_CLIENT_VER
# From this server version on a message starts with a 4-byte id, and ids above 200 carry protobuf.
RAW_ID_VERSION = 201
RAW_ID_SIZE = 4
PROTOBUF_OFFSET = 200
# From this one on the current time is asked for in protobuf as well.
PROTOBUF_TIME_VERSION = 213
NO_VALID_ID = -1
MAX_MSG_LEN = 0xFFFFFF

UNSET_INTEGER = 2**31 - 1
UNSET_LONG = 2**63 - 1
UNSET_DOUBLE = 1.7976931348623157e308
UNSET_DECIMAL = Decimal(2**127 - 1)

_CANCEL_PARAMETERS = tuple(inspect.signature(EClient.cancelOrder).parameters)[1:]
_GLOBAL_CANCEL_PARAMETERS = tuple(inspect.signature(EClient.reqGlobalCancel).parameters)[1:]
# What today's exerciseOptions wants besides the six arguments that it has always had.
_EXERCISE_DEFAULTS: dict[str, Any] = {"manualOrderTime": "", "customerAccount": "", "professionalCustomer": False}
EXERCISE_EXTRAS = tuple(
    _EXERCISE_DEFAULTS[name] for name in tuple(inspect.signature(EClient.exerciseOptions).parameters)[7:]
)
_INTERPRET_TAKES_ID = len(inspect.signature(Decoder.interpret).parameters) == 3
# The message's own version, and in older releases its id.
_FIELDS_BEFORE = 1 if _INTERPRET_TAKES_ID else 2
#: Tick id → IB's name of it.
TICK_NAMES: dict[int, str] = dict(TickTypeEnum.idx2name)
#: Message id → IB's name of it.
MESSAGE_NAMES = {int(getattr(_IN, name)): name for name in dir(_IN) if name.isupper()}


def mixture(version: str, max_client: int, cancel_parameters: tuple[str, ...], has_order_cancel: bool) -> str | None:
    """What doesn't fit together in an installed `ibapi`, or None: two releases in one folder look like this."""
    if version.startswith("9."):
        if max_client > 157:
            return f"it calls itself {version} but speaks protocol {max_client}, which no 9.x release does"
        if len(cancel_parameters) != 1 or has_order_cancel:
            return f"it calls itself {version} but holds files of a 10.x release"
    else:
        if max_client <= 157:
            return f"it calls itself {version} but speaks protocol {max_client}, the one of 9.81"
        if len(cancel_parameters) != 2:
            return f"it calls itself {version} but its cancelOrder is the one of 9.81"
    return None


_mixed = mixture(IBAPI_VERSION, MAX_CLIENT_VER, _CANCEL_PARAMETERS, OrderCancel is not None)
if _mixed:
    raise ImportError(_broken(_mixed))


# --- numbers -------------------------------------------------------------------------------------

_UNSET_NUMBERS = frozenset((UNSET_DOUBLE, UNSET_INTEGER, UNSET_LONG, -UNSET_LONG - 1))
_UNSET_TEXTS = frozenset(map(str, _UNSET_NUMBERS - {UNSET_DOUBLE}))


def is_unset(value: object) -> bool:
    """True for None, an empty string, nan and every constant that IB uses for "no value"."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip() or (value[:1] in "1279-" and _is_unset_text(value))
    if isinstance(value, Decimal):
        return value.is_nan() or value == UNSET_DECIMAL or value in (UNSET_INTEGER, UNSET_LONG, -UNSET_LONG - 1)
    if isinstance(value, float):
        return math.isnan(value) or value in _UNSET_NUMBERS
    return isinstance(value, int) and value in _UNSET_NUMBERS


def _is_unset_text(text: str) -> bool:
    try:
        number = float(text)
    except ValueError:
        return False
    return number == UNSET_DOUBLE or text in _UNSET_TEXTS


def to_float(value: Any) -> float:
    """Any IB number (float, int, Decimal, text) as a float; unset → nan, never 0."""
    if type(value) is float:  # as most are
        return math.nan if value in _UNSET_NUMBERS else value
    return math.nan if is_unset(value) else float(value)


def to_decimal(value: float | Decimal) -> Any:
    """A quantity as this `ibapi` wants it in an Order: Decimal from 10.19 on, a number before."""
    if IBAPI_VERSION.startswith("9."):
        number = float(value)
        return int(number) if number.is_integer() else number
    return value if isinstance(value, Decimal) else Decimal(str(value))


# --- records -------------------------------------------------------------------------------------


class ErrorEvent(NamedTuple):
    """The arguments of `error`, whatever the release; errorTime in milliseconds, 0 when not sent."""

    reqId: int
    errorTime: int
    errorCode: int
    errorString: str
    advancedOrderRejectJson: str = ""


def error_event(args: tuple[Any, ...]) -> ErrorEvent:
    """The five arguments from any historical form: 3 (9.81), 4 (10.19), 4 or 5 with a time (10.33 on)."""
    if len(args) == 3:
        return ErrorEvent(args[0], 0, args[1], args[2])
    if len(args) == 4 and isinstance(args[2], str):
        return ErrorEvent(args[0], 0, args[1], args[2], args[3] or "")
    return ErrorEvent(*args)


@dataclass(frozen=True)
class CommissionReport:
    """A commission report under the names of every release (`commission` = `commissionAndFees`)."""

    execId: str
    commission: float
    currency: str
    realizedPNL: float
    yield_: float
    yieldRedemptionDate: int

    @property
    def commissionAndFees(self) -> float:
        return self.commission


def commission_report(report: Any) -> CommissionReport:
    """ibapi's commission report, of either name, as one record; unset → nan."""
    amount = report.commissionAndFees if hasattr(report, "commissionAndFees") else report.commission
    return CommissionReport(
        report.execId,
        to_float(amount),
        report.currency,
        to_float(report.realizedPNL),
        to_float(report.yield_),
        report.yieldRedemptionDate,
    )


def histogram_size(row: Any) -> float:
    """The size of one HistogramData row (`count` before 10.19)."""
    return to_float(row.size if hasattr(row, "size") else row.count)


def smart_components(components: Any) -> list[tuple[str, str, int]]:
    """(letter, exchange, bit) of each smart component: objects in a list, from protobuf pairs by their bit."""
    if isinstance(components, dict):
        return [(letter, exchange, bit) for bit, (exchange, letter) in components.items()]
    return [(each.exchangeLetter, each.exchange, each.bitNumber) for each in components]


# --- calls ---------------------------------------------------------------------------------------


def order_cancel(parameters: tuple[str, ...], value: Any) -> tuple[Any, ...]:
    """The further arguments that this release's cancel calls want, besides the order id."""
    if "orderCancel" in parameters:
        if value is None or isinstance(value, str):
            time, value = value or "", OrderCancel()
            value.manualOrderCancelTime = time
        return (value,)
    if "manualCancelOrderTime" in parameters or "manualOrderCancelTime" in parameters:
        return (getattr(value, "manualOrderCancelTime", value) or "",)
    return ()


def send_cancel_order(app: Any, orderId: int, orderCancel: Any = None) -> None:
    """`EClient.cancelOrder` with the arguments that the installed release takes."""
    EClient.cancelOrder(app, orderId, *order_cancel(_CANCEL_PARAMETERS[1:], orderCancel))


def send_global_cancel(app: Any, orderCancel: Any = None) -> None:
    """`EClient.reqGlobalCancel` with the arguments that the installed release takes."""
    EClient.reqGlobalCancel(app, *order_cancel(_GLOBAL_CANCEL_PARAMETERS, orderCancel))


def hello(options: str | None, newest: int = MAX_CLIENT_VER) -> bytes:
    """The first bytes of a connection: the prefix and the range of server versions that are offered."""
    text = f"v{MIN_CLIENT_VER}..{newest}" + (f" {options}" if options else "")
    return b"API\0" + frame(text.encode("ascii"))


def frame(payload: bytes) -> bytes:
    """A payload behind its 4-byte length."""
    return len(payload).to_bytes(4, "big") + payload


def request_frame(parts: tuple[Any, ...], server_version: int) -> bytes:
    """What EClient.sendMsg makes of its arguments: (id, fields), in 9.81 the fields alone, which begin with the id."""
    fields: str = parts[-1]
    if len(parts) == 1:
        payload = fields.encode()
    elif server_version < RAW_ID_VERSION:
        payload = f"{parts[0]}\0{fields}".encode()
    else:
        payload = parts[0].to_bytes(4, "big") + fields.encode()
    return len(payload).to_bytes(4, "big") + payload


#: How the name of a method's protobuf twin ends.
TWIN = "ProtoBuf"


def asked_request(name: str, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The request that a program has made, where ibapi's own method has handed it on to its protobuf twin, `name`.

    The twin is what ibapi logs, with a message in place of the arguments. Who calls a twin himself has asked that.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_name != name:
        frame = frame.f_back
    caller = frame.f_back if frame is not None else None
    if caller is None or caller.f_globals.get("__name__") != EClient.__module__:
        return name, given
    code, values = caller.f_code, caller.f_locals
    return code.co_name, {each: values[each] for each in code.co_varnames[: code.co_argcount]}


# How `reqCurrentTime` begins as text, as text behind a raw id, and as protobuf: nothing else begins with these.
_TIME, _RAW_TIME, _PROTOBUF_TIME = b"49\x001", (49).to_bytes(4, "big"), (49 + PROTOBUF_OFFSET).to_bytes(4, "big")
TIME_REQUESTS = frozenset({_TIME, _RAW_TIME, _PROTOBUF_TIME})


def current_time_request(server_version: int) -> bytes:
    """`reqCurrentTime` as bytes: a fence must leave no trace in the log and on the tape."""
    if server_version >= PROTOBUF_TIME_VERSION:
        return frame(_PROTOBUF_TIME)
    if server_version >= RAW_ID_VERSION:
        return frame(_RAW_TIME + b"1\0")
    return frame(_TIME + b"\0")


def message_id(payload: bytes, server_version: int) -> int:
    """The id of one framed message, either direction; above 200 the rest is protobuf."""
    if server_version < RAW_ID_VERSION:
        return int(payload[: payload.index(b"\0")])
    if len(payload) < 4:
        raise ValueError(f"{payload!r} is too short for a message's id")
    return int.from_bytes(payload[:4], "big")


def protobuf_class(name: str) -> Any:
    """ibapi's class of a protobuf message; only for what this release speaks."""
    return getattr(import_module(f"ibapi.protobuf.{name}_pb2"), name)


class _WholeDecoder(Decoder):  # type: ignore[misc]
    """ibapi's Decoder, to which a message with a field too few or too many is an error, not a line in a log."""

    _discovered = False

    def discoverParams(self) -> None:
        """Once: ibapi keeps what it finds in a table of the class, and would look for it with each connection."""
        if not _WholeDecoder._discovered:
            super().discoverParams()
            _WholeDecoder._discovered = True

    def interpretWithSignature(self, fields: Any, handleInfo: Any) -> None:
        wanted = len(handleInfo.wrapperParams or ()) - 1
        found = len(fields) - _FIELDS_BEFORE
        if handleInfo.wrapperParams is not None and found != wanted:
            raise ValueError(f"{found} fields instead of {wanted}")
        super().interpretWithSignature(fields, handleInfo)


def make_interpreter(wrapper: object, server_version: int) -> Callable[[int, bytes], None]:
    """`interpret(msgId, payload)`: feeds one message to ibapi's Decoder, which calls the wrapper."""
    decoder = _WholeDecoder(wrapper, server_version)
    raw = server_version >= RAW_ID_VERSION

    def interpret(msg_id: int, payload: bytes) -> None:
        if raw and msg_id > PROTOBUF_OFFSET:
            decoder.processProtoBuf(payload[4:], msg_id - PROTOBUF_OFFSET)
        elif _INTERPRET_TAKES_ID:
            body = payload[4:] if raw else payload[payload.index(b"\0") + 1 :]
            decoder.interpret(comm.read_fields(body), msg_id)
        else:
            decoder.interpret(comm.read_fields(payload))

    return interpret


# --- log -----------------------------------------------------------------------------------------

# 9.81 logs its answers in ibapi.wrapper and its requests in ibapi.client, 10.x both in ibapi.utils.
_ANSWER_LOG = logging.getLogger("ibapi.wrapper" if hasattr(EWrapper, "logAnswer") else "ibapi.utils")
_REQUEST_LOG = logging.getLogger("ibapi.client" if hasattr(EWrapper, "logAnswer") else "ibapi.utils")
MESSAGE_LOG = logging.getLogger("ibapi.client")
_ERROR_NAMES = ErrorEvent._fields


#: Does anybody want to see each callback, each request, each outgoing message?
answers_are_logged = partial(_ANSWER_LOG.isEnabledFor, logging.INFO)
requests_are_logged = partial(_REQUEST_LOG.isEnabledFor, logging.INFO)
messages_are_logged = partial(MESSAGE_LOG.isEnabledFor, logging.INFO)


def log_answer(app: object, name: str, args: tuple[Any, ...]) -> None:
    """The line that ibapi's own EWrapper writes at INFO; for `error` without its second line at ERROR."""
    if name == "error":
        _ANSWER_LOG.info("ANSWER %s %s", name, dict(zip(_ERROR_NAMES, args, strict=False)))
        return
    method = getattr(EWrapper, name, None)
    if method is not None:
        method(app, *args)
