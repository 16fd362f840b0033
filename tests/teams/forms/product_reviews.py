"""The product reviews team: what a file of reviews comes to, however large it is.

The file is worked through chunk by chunk; in each, sentiment, topics and ratings are seen to side
by side, and all of it is added up exactly. An analyst writes what the sums say, and no number of
its words counts that does not stand in them.
"""

from stretto import Project, map_reduce, member, parallel, refine, sequential

project = Project.at(__file__)
step = project.step

review = parallel(
    step("product_reviews.sentiment"),
    step("product_reviews.topics"),
    step("product_reviews.rating"),
    join=step("product_reviews_figures.together"),
    state=step("product_reviews.Chunk"),
).compile(name="review")

count = map_reduce(
    step("product_reviews.source"),
    review,
    step("product_reviews_figures.add"),
    finish=step("product_reviews_figures.total"),
    chunk=1000,
    width=4,
    state=step("product_reviews.Reviews"),
).compile(name="count")

analysis = refine(
    project.agent("product_reviews_analyst"),
    step("product_reviews_report.proof"),
    until=10,
    max_rounds=3,
    context=step("product_reviews_report.brief"),
    state=step("product_reviews.Reviews"),
).compile(name="analysis")

graph = sequential(
    step("product_reviews.look"),
    step("product_reviews_words.learn"),
    count,
    step("product_reviews_figures.facts"),
    member(analysis, when=step("product_reviews_report.rated")),
    step("product_reviews_report.publish"),
    state=step("product_reviews.Reviews"),
).compile(name="product_reviews")
