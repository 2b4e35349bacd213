# One server: the web page, the HTTP API and MCP. docs/operations.md says how to run it.
FROM python:3.12-slim

# llama.cpp and faiss need OpenMP.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*

COPY . /src
# The index of PyTorch has builds for CPUs; PyPI's need gigabytes of CUDA.
RUN pip install --no-cache-dir -c /src/constraints.txt --extra-index-url https://download.pytorch.org/whl/cpu \
    "/src[serve]" && rm -rf /src

# /data holds the home and the weights. A new named volume gets its owner and mode.
RUN useradd --uid 1000 --create-home shortlist && install -d -m 700 -o shortlist -g shortlist /data
USER shortlist
WORKDIR /home/shortlist
ENV SHORTLIST_HOME=/data/home XDG_CACHE_HOME=/data/cache PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["shortlist"]
CMD ["serve", "--host", "0.0.0.0"]
