"""Examples of what customers say."""

TALK = {
    "billing": [
        "I was charged twice this month",
        "why is my bill so high",
        "please send me the invoice again",
        "I want a refund for the last payment",
        "the amount on my invoice is wrong",
        "my payment was charged two times",
    ],
    "technical": [
        "the app crashes when I open it",
        "I cannot connect to the server",
        "the screen stays black after the update",
        "an error appears when I log in",
        "the app is very slow since the update",
        "my connection to the server drops",
    ],
    "sales": [
        "what does the large plan cost",
        "I would like to buy ten licences",
        "do you have an offer for schools",
        "can I upgrade to the large plan",
        "is there a discount for ten licences",
        "I would like an offer",
    ],
}
"""By label."""
OTHER = [
    "what is the weather tomorrow",
    "tell me a joke about cats",
    "who won the football match",
    "how tall is the highest mountain",
]
"""Of no label."""
