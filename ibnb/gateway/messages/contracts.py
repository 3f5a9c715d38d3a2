"""Contract details, symbol search, chains and market rules."""

from __future__ import annotations

from dataclasses import dataclass

from .data import Contract, ContractDescription, ContractDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqContractDetails:
    reqId: int
    contract: Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelContractData:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqMatchingSymbols:
    reqId: int
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqSecDefOptParams:
    reqId: int
    underlyingSymbol: str
    futFopExchange: str
    underlyingSecType: str
    underlyingConId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqMarketRule:
    marketRuleId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqMktDepthExchanges:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqSmartComponents:
    reqId: int
    bboExchange: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractData:
    reqId: int
    details: ContractDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class BondContractData:
    reqId: int
    details: ContractDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDataEnd:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolSamples:
    reqId: int
    contractDescriptions: tuple[ContractDescription, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityDefinitionOptionParameter:
    reqId: int
    exchange: str
    underlyingConId: int
    tradingClass: str
    multiplier: str
    expirations: tuple[str, ...] = ()
    strikes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityDefinitionOptionParameterEnd:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceIncrement:
    lowEdge: float
    increment: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRule:
    marketRuleId: int
    priceIncrements: tuple[PriceIncrement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthMktDataDescription:
    exchange: str
    secType: str
    listingExch: str = ""
    serviceDataType: str = ""
    aggGroup: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MktDepthExchanges:
    depthMktDataDescriptions: tuple[DepthMktDataDescription, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartComponent:
    bitNumber: int
    exchange: str
    exchangeLetter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartComponents:
    reqId: int
    smartComponents: tuple[SmartComponent, ...] = ()
