"""Option calculators."""

from __future__ import annotations

from dataclasses import dataclass

from .data import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculateImpliedVolatility:
    reqId: int
    contract: Contract
    optionPrice: float
    underPrice: float
    options: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculateOptionPrice:
    reqId: int
    contract: Contract
    volatility: float
    underPrice: float
    options: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCalculateImpliedVolatility:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCalculateOptionPrice:
    reqId: int
