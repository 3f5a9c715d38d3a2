# %% [raw]
# title = "A sample"
# teach = 2
# practise = 3
# needs = "Python"
# uses = ["check", "print"]
# objectives = ["see every rule of the builder at work", "fail on purpose"]

# %%
# ruff: noqa: E402, RET504
from ibnb.course import check
from ibnb.course.exercises import called, exercise


@exercise("99.1", correct="two and two are four")
def is_four(number):
    return None if number == 4 else "the sum is another one"


@exercise("99.2", correct="it doubles")
def doubles(function):
    return None if called(function, 3) == 6 else "three should become six"


# %% slideshow={"slide_type": "slide"}
print("one line")

# %% tags=["raises-exception"]
1 / 0

# %% alt="A straight line from nought to one, drawn as a sample."
import matplotlib.pyplot as plt

_ = plt.plot([0, 1])
plt.show()

# %%
import ipywidgets

ipywidgets.Label("a widget")

# %% [markdown]
# ### Exercise 1 · Add

# %%
### BEGIN SOLUTION
two = 2
answer = two + two
### END SOLUTION

# %% points=2
check("99.1", answer)

# %% [markdown] tags=["solution"]
# Python adds with a plus sign.

# %% [markdown]
# ### Exercise 2 · Double


# %%
def double(number):
    ### BEGIN SOLUTION
    result = number * 2
    return result
    ### END SOLUTION


# %%
check("99.2", double)

# %% [markdown]
# ## In short
# A sample has been built.
