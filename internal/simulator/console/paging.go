package console

import (
	"fmt"
	"net/url"
	"strconv"
)

// pager says which part of a list a page shows, and leads to the others.
type pager struct {
	Page, Pages int
	Total       int
	First, Last int // rows, counted from 1
	path        string
	query       url.Values
}

// newPager reads the number of the page. One beyond the last is the last.
func newPager(path string, query url.Values, total int) (pager, error) {
	p := pager{Page: 1, Pages: max(1, (total+pageSize-1)/pageSize), Total: total, path: path, query: query}
	if text := query.Get("page"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return p, fmt.Errorf("page is %q: want a number from 1", text)
		}
		p.Page = min(n, p.Pages)
	}
	p.First = p.skip() + 1
	p.Last = min(p.skip()+pageSize, total)
	return p, nil
}

func (p pager) skip() int { return (p.Page - 1) * pageSize }

// window gives the rows of the page from all of them.
func window[T any](p pager, all []T) []T {
	return all[min(p.skip(), len(all)):min(p.skip()+pageSize, len(all))]
}

// Previous leads to the page before; like the others it is empty if there is none.
func (p pager) Previous() string { return p.link(p.Page - 1) }

// Next leads to the page after.
func (p pager) Next() string { return p.link(p.Page + 1) }

// Start leads to the first page.
func (p pager) Start() string {
	if p.Page == 1 {
		return ""
	}
	return p.link(1)
}

// End leads to the last page.
func (p pager) End() string {
	if p.Page == p.Pages {
		return ""
	}
	return p.link(p.Pages)
}

func (p pager) link(page int) string {
	if page < 1 || page > p.Pages {
		return ""
	}
	query := url.Values{}
	for name, values := range p.query {
		if name != "page" && name != "done" {
			query[name] = values
		}
	}
	query.Set("page", strconv.Itoa(page))
	return p.path + "?" + query.Encode()
}

// part is a page of a list in JSON.
type part struct {
	Total int `json:"total"`
	Page  int `json:"page"`
	Pages int `json:"pages"`
	Items any `json:"items"`
}

func (p pager) part(items any) part {
	return part{Total: p.Total, Page: p.Page, Pages: p.Pages, Items: items}
}
