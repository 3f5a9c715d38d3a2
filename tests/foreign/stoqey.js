// A client in another language: @stoqey/ib connects, asks for details, history and quotes, and trades.
// node stoqey.js PORT: prints one line of JSON with what it heard; ends with status 1 if something is missing.
const { IBApi, EventName, SecType, OrderAction, OrderType, BarSizeSetting, WhatToShow } = require("@stoqey/ib");

const ib = new IBApi({ host: "127.0.0.1", port: Number(process.argv[2]), clientId: 19 });
const stock = { symbol: "AAPL", secType: SecType.STK, exchange: "SMART", currency: "USD" };
const heard = { bars: 0, ticks: [], errors: [] };

function finish(status) {
  heard.ticks = [...new Set(heard.ticks)].sort((a, b) => a - b);
  console.log(JSON.stringify(heard));
  ib.disconnect();
  process.exit(status);
}

setTimeout(() => finish(1), 50000);
ib.on(EventName.error, (error, code, id) => heard.errors.push([id, code, error.message]));
ib.on(EventName.managedAccounts, (accounts) => (heard.accounts = accounts));
ib.once(EventName.nextValidId, (orderId) => {
  heard.orderId = orderId;
  ib.reqContractDetails(1, stock);
});
ib.on(EventName.contractDetails, (id, details) => (heard.conId = details.contract.conId));
ib.on(EventName.contractDetailsEnd, () =>
  ib.reqHistoricalData(2, stock, "", "5 D", BarSizeSetting.DAYS_ONE, WhatToShow.TRADES, 1, 1, false));
ib.on(EventName.historicalData, (id, time) => {
  if (!String(time).startsWith("finished")) heard.bars += 1;
  else ib.reqMktData(3, stock, "", false, false);
});
ib.on(EventName.tickPrice, (id, field, price) => {
  heard.ticks.push(field);
  if (heard.ticks.length !== 3) return;
  ib.cancelMktData(3);
  ib.placeOrder(heard.orderId, stock, {
    action: OrderAction.BUY, orderType: OrderType.MKT, totalQuantity: 5, tif: "DAY", transmit: true,
  });
});
ib.on(EventName.execDetails, (id, contract, execution) => (heard.filled = execution.shares));
ib.on(EventName.commissionReport, (report) => {
  heard.commission = report.commission;
  finish(0);
});
ib.connect();
