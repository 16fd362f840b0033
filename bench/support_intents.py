"""Which desk of the team support each intent of the public data sets belongs to, sorted by hand.

Two desks, with `|` between, where either can see to it. `person` is what belongs to none.
"""

from __future__ import annotations

CLINC = {
    "sales": "interest_rate improve_credit_score apr redeem_rewards credit_score new_card",
    "billing": "bill_due pay_bill min_payment bill_balance international_fees",
    "technical": "card_declined",
    "account": "freeze_account routing transfer order_checks replacement_card_duration "
    "expiration_date damaged_card report_lost_card credit_limit_change credit_limit "
    "application_status",
    "account|technical": "pin_change account_blocked",
    "account|billing": "balance report_fraud spending_history transactions",
    "account|sales": "rewards_balance",
}
"""Intents of `banking` and `credit_cards` of clinc150; all other domains belong to no desk."""

BANKING = {
    "sales": "fiat_currency_support age_limit supported_cards_and_currencies visa_or_mastercard "
    "country_support get_physical_card order_physical_card getting_virtual_card "
    "get_disposable_virtual_card disposable_card_limits getting_spare_card apple_pay_or_google_pay",
    "sales|technical": "card_acceptance atm_support exchange_via_app automatic_top_up "
    "topping_up_by_card top_up_by_cash_or_cheque top_up_limits",
    "account|technical": "receiving_money transfer_into_account lost_or_stolen_phone "
    "verify_my_identity unable_to_verify_identity change_pin activate_my_card cancel_transfer "
    "card_swallowed beneficiary_not_allowed",
    "billing|refund": "transaction_charged_twice Refund_not_showing_up",
    "sales|billing": "exchange_rate",
    "billing": "card_payment_wrong_exchange_rate extra_charge_on_statement "
    "top_up_by_bank_transfer_charge card_payment_fee_charged card_payment_not_recognised "
    "direct_debit_payment_not_recognised "
    "transfer_fee_charged wrong_exchange_rate_for_cash_withdrawal cash_withdrawal_not_recognised "
    "exchange_charge top_up_by_card_charge cash_withdrawal_charge wrong_amount_of_cash_received",
    "technical": "card_not_working pin_blocked contactless_not_working pending_top_up "
    "top_up_reverted passcode_forgotten declined_cash_withdrawal pending_card_payment "
    "declined_transfer declined_card_payment pending_transfer "
    "failed_transfer verify_top_up virtual_card_not_working top_up_failed "
    "balance_not_updated_after_bank_transfer balance_not_updated_after_cheque_or_cash_deposit "
    "transfer_not_received_by_recipient pending_cash_withdrawal card_linking "
    "reverted_card_payment? transfer_timing",
    "account": "card_arrival card_delivery_estimate lost_or_stolen_card edit_personal_details "
    "why_verify_identity compromised_card terminate_account verify_source_of_funds "
    "card_about_to_expire",
    "refund": "request_refund",
}


def desks(table: dict[str, str]) -> dict[str, set[str]]:
    """The desks that an intent may go to, by intent."""
    return {name: set(to.split("|")) for to, names in table.items() for name in names.split()}
