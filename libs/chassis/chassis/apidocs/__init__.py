"""The API's documents, made of the views, their marks and schemas, and the code below them. None of it runs in a service.

`python -m chassis.apidocs` writes the OpenAPI documents and the AsyncAPI document.
"""
