"""Tests of the risk of people who have a stake."""
