# %% [raw]
# title = "The lesson before"
# teach = 1
# practise = 1
# needs = "nothing"
# uses = ["print"]
# objectives = ["be linked to"]

# %% [markdown]
# ## In short
# Nothing happened.
