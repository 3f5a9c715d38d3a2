"""TWS's own settings (219 and 221), as its window "Global Configuration" has them. ``None``: not said, or unchanged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LockAndExitConfig:
    autoLogoffTime: str | None = None
    autoLogoffPeriod: str | None = None
    autoLogoffType: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageConfig:
    """A question or a warning that TWS may show in a window."""

    id: int | None = None
    title: str | None = None
    message: str | None = None
    defaultAction: str | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPrecautionsConfig:
    bypassOrderPrecautions: bool | None = None
    bypassBondWarning: bool | None = None
    bypassNegativeYieldConfirmation: bool | None = None
    bypassCalledBondWarning: bool | None = None
    bypassSameActionPairTradeWarning: bool | None = None
    bypassFlaggedAccountsWarning: bool | None = None
    bypassPriceBasedVolatilityWarning: bool | None = None
    bypassRedirectOrderWarning: bool | None = None
    bypassNoOverfillProtection: bool | None = None
    bypassRouteMarketableToBBO: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettingsConfig:
    readOnlyApi: bool | None = None
    totalQuantityForMutualFunds: bool | None = None
    downloadOpenOrdersOnConnection: bool | None = None
    includeVirtualFxPositions: bool | None = None
    prepareDailyPnL: bool | None = None
    sendStatusUpdatesForVolatilityOrders: bool | None = None
    encodeApiMessages: str | None = None
    socketPort: int | None = None
    useNegativeAutoRange: bool | None = None
    createApiMessageLogFile: bool | None = None
    includeMarketDataInLogFile: bool | None = None
    exposeTradingScheduleToApi: bool | None = None
    splitInsuredDepositFromCashBalance: bool | None = None
    sendZeroPositionsForTodayOnly: bool | None = None
    letApiAccountRequestsSwitchSubscription: bool | None = None
    useAccountGroupsWithAllocationMethods: bool | None = None
    loggingLevel: str | None = None
    masterClientId: int | None = None
    bulkDataTimeout: int | None = None
    componentExchSeparator: str | None = None
    showForexDataIn1_10Pips: bool | None = None
    allowForexTradingIn1_10Pips: bool | None = None
    roundAccountValuesToNearestWholeNumber: bool | None = None
    sendMarketDataInLotsForUsStocks: bool | None = None
    showAdvancedOrderRejectInUi: bool | None = None
    rejectMessagesAboveMaxRate: bool | None = None
    maintainConnectionOnIncorrectFields: bool | None = None
    compatibilityModeNasdaqStocks: bool | None = None
    sendInstrumentTimezone: str | None = None
    sendForexDataInCompatibilityMode: bool | None = None
    maintainAndResubmitOrdersOnReconnect: bool | None = None
    historicalDataMaxSize: int | None = None
    autoReportNettingEventContractTrades: bool | None = None
    optionExerciseRequestType: str | None = None
    allowLocalhostOnly: bool | None = None
    trustedIPs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiConfig:
    precautions: ApiPrecautionsConfig | None = None
    settings: ApiSettingsConfig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersSmartRoutingConfig:
    seekPriceImprovement: bool | None = None
    preOpenReroute: bool | None = None
    doNotRouteToDarkPools: bool | None = None
    defaultAlgorithm: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersConfig:
    smartRouting: OrdersSmartRoutingConfig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateConfigWarning:
    """What TWS asks back before it changes a setting; sent back, it is accepted."""

    messageId: int | None = None
    title: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReqConfig:
    reqId: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateConfig:
    reqId: int
    lockAndExit: LockAndExitConfig | None = None
    messages: tuple[MessageConfig, ...] = ()
    api: ApiConfig | None = None
    orders: OrdersConfig | None = None
    acceptedWarnings: tuple[UpdateConfigWarning, ...] = ()
    resetAPIOrderSequence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigResponse:
    reqId: int
    lockAndExit: LockAndExitConfig | None = None
    messages: tuple[MessageConfig, ...] = ()
    api: ApiConfig | None = None
    orders: OrdersConfig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateConfigResponse:
    reqId: int
    status: str
    message: str = ""
    changedFields: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    warnings: tuple[UpdateConfigWarning, ...] = ()
