"""A comparison as something to hand on: a page, a text, a run of MLflow. Pure.

Everything in it may have been written by a model or by anybody: it is shown as the characters that
it is made of, and never as anything else.
"""
