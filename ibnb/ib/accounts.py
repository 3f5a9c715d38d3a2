"""Account codes in texts."""


def mask(account: str) -> str:
    """An account code for texts that end up in shared notebooks: DU*****67."""
    return account if len(account) < 6 else f"{account[:2]}{'*' * (len(account) - 4)}{account[-2:]}"
